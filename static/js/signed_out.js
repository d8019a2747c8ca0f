// The session may end elsewhere: an answer then is a 401, or the sign-in page after a redirect.

export function isSignedOut(response) {
  if (response.status === 401) return true;
  return response.redirected && new URL(response.url).searchParams.has("next");
}
