// The draft of a task: each user's own, kept until the server has the run that was made of it.

function read(name) {
  try {
    return localStorage.getItem(name) ?? "";
  } catch {
    return ""; // no storage, no draft
  }
}

function write(name, value) {
  try {
    if (value) localStorage.setItem(name, value);
    else localStorage.removeItem(name);
  } catch {
    // No storage, no draft.
  }
}

export class Draft {
  constructor(user) {
    this.text = `draft:${user}`;
    this.sent = `draft-sent:${user}`;
    write("draft-task", ""); // drafts once belonged to the browser, whoever used it
  }

  read() {
    return read(this.text);
  }

  keep(text) {
    write(this.text, text);
    write(this.sent, "");
  }

  // key: the form's own, which the run that is made of it has too
  markSent(key) {
    write(this.sent, `form:${key}`);
  }

  arrived(key) {
    if (key && read(this.sent) === key) this.keep("");
  }
}
