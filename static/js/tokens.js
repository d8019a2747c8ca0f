// A new token's key: selected, and not left behind by accident.

const key = document.getElementById("key");
let copied = false;

// A reload would otherwise send the form again and make a second token.
history.replaceState(null, "", location.pathname);
getSelection().selectAllChildren(key);

document.addEventListener("copied", () => {
  copied = true;
});
document.addEventListener("copy", () => {
  copied = true;
});
addEventListener("beforeunload", (event) => {
  if (!copied) event.preventDefault();
});
