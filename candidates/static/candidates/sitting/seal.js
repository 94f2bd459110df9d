// Sealing with a key that only this candidate's login gets from the server. The page holds it as a CryptoKey that
// gives its bytes to nobody, and it lies nowhere in the browser.

const NONCE_BYTES = 12; // AES-GCM; random, and new for each text
const bytesOf = (text) => new TextEncoder().encode(text);

// encoded: keys in base64 with spaces between them, the one that seals first.
export const importKeys = (encoded) =>
  Promise.all(
    encoded.split(" ").map((key) => {
      const bytes = Uint8Array.from(atob(key), (letter) => letter.charCodeAt(0));
      return crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
    }),
  );

// about: what the content belongs to; it opens for nothing else.
export const seal = async ([key], about, content) => {
  const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const algorithm = { name: "AES-GCM", iv, additionalData: bytesOf(about) };
  return { iv, sealed: await crypto.subtle.encrypt(algorithm, key, bytesOf(JSON.stringify(content))) };
};

// Returns the content, or null where none of the keys opens it, or what came is no draft at all.
export const unseal = async (keys, about, { iv, sealed }) => {
  const algorithm = { name: "AES-GCM", iv, additionalData: bytesOf(about) };
  for (const key of keys) {
    try {
      return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt(algorithm, key, sealed)));
    } catch {
      // the next key
    }
  }
  return null;
};
