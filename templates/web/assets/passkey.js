// Passkeys: asks the server for the question, the browser's authenticator for the answer, and sends it with the form.
//
//   form data-passkey="create" data-question="/path"   a new passkey; the answer goes into the field `answer`
//   form data-passkey="get" data-question="/path"      proof of a passkey; likewise, or into the field of `data-answer`
//   button data-passkey-sign data-question="/path" formaction="/path"   a decision: its claims are signed first, and
//                                                      claims and answer go into the field `passkey`
//
// Without passkeys in this browser the forms and buttons stay hidden.
"use strict";

(() => {
  if (!window.PublicKeyCredential || !navigator.credentials) return;

  const bytes = (text) =>
    Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const listed = (credentials) => (credentials || []).map((each) => ({ ...each, id: bytes(each.id) }));

  const created = async (question) => {
    const credential = await navigator.credentials.create({
      publicKey: {
        ...question,
        challenge: bytes(question.challenge),
        user: { ...question.user, id: bytes(question.user.id) },
        excludeCredentials: listed(question.excludeCredentials),
      },
    });
    return answered(credential, ["clientDataJSON", "attestationObject"]);
  };

  const signed = async (question) => {
    const credential = await navigator.credentials.get({
      publicKey: {
        ...question,
        challenge: bytes(question.challenge),
        allowCredentials: listed(question.allowCredentials),
      },
    });
    return answered(credential, ["clientDataJSON", "authenticatorData", "signature", "userHandle"]);
  };

  const answered = (credential, parts) => {
    const response = {};
    for (const part of parts) if (credential.response[part]) response[part] = text(credential.response[part]);
    return { id: credential.id, rawId: credential.id, type: credential.type, response, clientExtensionResults: {} };
  };

  // Who has not shown the second factor lately is asked for it in between, by passkey as well.
  const asked = async (form, path, fields, again = false) => {
    const token = form.elements.csrf_token;
    const headers = { Accept: "application/json" };
    if (token) headers["X-CSRF-Token"] = token.value;
    const answer = await fetch(path, { method: "POST", headers, body: new URLSearchParams(fields) });
    const said = await answer.text();
    if (answer.ok) return JSON.parse(said);
    const page = new DOMParser().parseFromString(said, "text/html");
    const step = page.querySelector("[data-step-up] form[data-passkey=get]");
    if (step && !again) {
      const proof = await signed(await asked(form, step.dataset.question, [], true));
      return asked(form, path, [...fields, [step.dataset.answer, JSON.stringify(proof)]], true);
    }
    const problem = page.querySelector("main [role=alert]:not([hidden]), main h1");
    throw new Error(problem ? problem.textContent.trim() : said);
  };

  const busy = (form, on) => {
    for (const button of form.querySelectorAll("button")) button.disabled = on;
    const problem = form.querySelector("[data-passkey-problem]");
    if (problem && on) problem.hidden = true;
  };

  const tell = (form, error) => {
    const problem = form.querySelector("[data-passkey-problem]");
    if (!problem) return;
    const own = error instanceof DOMException;
    problem.textContent = `✗ ${own ? problem.dataset[error.name === "InvalidStateError" ? "known" : "cancelled"] : error.message}`;
    problem.hidden = false;
  };

  const field = (form, name, value) => {
    let input = form.elements[name];
    if (!input) {
      input = document.createElement("input");
      input.type = "hidden";
      input.name = name;
      form.append(input);
    }
    input.value = JSON.stringify(value);
  };

  const send = async (form, work) => {
    if (!form.reportValidity()) return;
    busy(form, true);
    try {
      await work();
      if (!form.isConnected) document.body.append(form); // the page has followed meanwhile
      form.submit();
    } catch (error) {
      busy(form, false);
      tell(form, error);
    }
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const button = event.submitter;
    if (button && button.hasAttribute("data-passkey-sign")) {
      event.preventDefault();
      send(form, async () => {
        const question = await asked(form, button.dataset.question, [...new FormData(form)]);
        field(form, "passkey", { claims: question.claims, credential: await signed(question.public_key) });
        form.action = button.formAction;
      });
    } else if (form.dataset.passkey) {
      event.preventDefault();
      send(form, async () => {
        const question = await asked(form, form.dataset.question, [...new FormData(form)]);
        field(form, form.dataset.answer || "answer", await (form.dataset.passkey === "create" ? created : signed)(question));
      });
    }
  });

  const show = (root) => {
    for (const each of root.querySelectorAll("[data-passkey-here]")) each.hidden = false;
    for (const each of root.querySelectorAll("[data-no-passkey-here]")) each.hidden = true;
  };
  show(document);
  document.addEventListener("htmx:load", (event) => show(event.target));
  new MutationObserver(() => show(document)).observe(document.body, { childList: true, subtree: true });
})();
