// Passkeys: an enhancement. The card or the password logs in without this file, and the server verifies everything.

const octets = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

const use = async ({ challenge, party }) => {
  const { rawId, response } = await navigator.credentials.get({
    publicKey: { challenge: octets(challenge), rpId: party, userVerification: "required", timeout: 120_000 },
  });
  return {
    credential: text(rawId),
    client_data: text(response.clientDataJSON),
    authenticator_data: text(response.authenticatorData),
    signature: text(response.signature),
    user: text(response.userHandle ?? new ArrayBuffer(0)),
  };
};

const make = async ({ challenge, party, house, user, name, known }) => {
  const { response } = await navigator.credentials.create({
    publicKey: {
      challenge: octets(challenge),
      rp: { id: party, name: house },
      user: { id: octets(user), name, displayName: name },
      pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: "public-key", alg })),
      excludeCredentials: known.split(" ").filter(Boolean).map((id) => ({ type: "public-key", id: octets(id) })),
      authenticatorSelection: { residentKey: "required", requireResidentKey: true, userVerification: "required" },
      attestation: "none",
      timeout: 120_000,
    },
  });
  return { client_data: text(response.clientDataJSON), attestation: text(response.attestationObject) };
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  form.hidden = false;
  let answered = false;
  form.addEventListener("submit", async (event) => {
    if (answered) return;
    event.preventDefault();
    const refused = form.querySelector("[data-refused]");
    refused.textContent = "";
    try {
      const fields = await (form.dataset.passkey === "make" ? make : use)(form.dataset);
      for (const [name, value] of Object.entries(fields)) {
        const input = form.querySelector(`input[name=${name}]`) ?? form.appendChild(document.createElement("input"));
        Object.assign(input, { type: "hidden", name, value });
      }
      answered = true;
      form.requestSubmit();
    } catch {
      refused.textContent = refused.dataset.refused;
    }
  });
}
