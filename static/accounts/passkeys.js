// Asks the device for its key when the page is there, and sends its answer with the form.

const form = document.querySelector("form[data-passkey]");
const failed = form.querySelector("[role=alert]");

async function ask() {
  failed.hidden = true;
  const options = JSON.parse(form.dataset.options);
  const answer = form.dataset.passkey === "create"
    ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
    : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
  form.elements.credential.value = JSON.stringify(answer.toJSON());
  form.submit();
}

function askAndSay() {
  ask().catch(() => { failed.hidden = false; });
}

form.querySelector("button[type=button]").addEventListener("click", askAndSay);
askAndSay();
