// A new token's key: selected, and not left behind by accident.

const key = document.getElementById("key");
let mayLeave = false;

// A reload would otherwise send the form again and make a second token.
history.replaceState(null, "", location.pathname);
getSelection().selectAllChildren(key);

// "copied" comes from the Copy button, "copy" from the reader's own keys.
for (const type of ["copied", "copy"]) {
  document.addEventListener(type, () => {
    mayLeave = true;
  });
}
addEventListener("beforeunload", (event) => {
  if (mayLeave) return;
  mayLeave = true;
  event.preventDefault();
});
