// End-to-end encryption in profile bound-1 for API clients, with crypto-js and nothing else.
// It trusts the public key it is given: for trials, never for an application.
const crypt = require("crypto-js");
const hex = (text) => crypt.enc.Hex.parse(text);
const random = (bytes) => crypt.lib.WordArray.random(bytes).toString();
const sha256 = (digits) => crypt.SHA256(hex(digits)).toString();

function cbc(key, iv, text) {
  const options = { iv: hex(iv), mode: crypt.mode.CBC, padding: crypt.pad.Pkcs7 };
  return crypt.AES.encrypt(crypt.enc.Utf8.parse(text), hex(key), options).ciphertext.toString();
}

function seal(keys, binding, text) {
  const iv = random(16);
  const body = iv + cbc(keys.ek, iv, text);
  const aad = crypt.enc.Utf8.parse(["aldaba-e2e-1", ...binding].join("\n") + "\n").toString();
  return (body + crypt.HmacSHA256(hex(aad + body), hex(keys.hk)).toString()).toUpperCase();
}

function xor(one, other) {
  let mixed = "";
  for (let i = 0; i < one.length; i += 1) mixed += (parseInt(one[i], 16) ^ parseInt(other[i], 16)).toString(16);
  return mixed;
}

function mask(seed, bytes) {
  let drawn = "";
  for (let i = 0; drawn.length < 2 * bytes; i += 1) drawn += sha256(seed + i.toString(16).padStart(8, "0"));
  return drawn.slice(0, 2 * bytes);
}

// RSAES-OAEP with SHA-256, MGF1-SHA-256 and an empty label (RFC 8017, section 7.1.1).
function oaep(modulus, exponent, message) {
  const size = modulus.length / 2;
  const fill = "00".repeat(size - message.length / 2 - 66);
  const block = crypt.SHA256("").toString() + fill + "01" + message;
  const seed = random(32);
  const masked = xor(block, mask(seed, size - 33));
  let base = BigInt("0x" + xor(seed, mask(masked, 32)) + masked);
  const n = BigInt("0x" + modulus);
  let result = BigInt(1);
  for (const bit of BigInt("0x" + exponent).toString(2).split("").reverse()) {
    if (bit === "1") result = (result * base) % n;
    base = (base * base) % n;
  }
  return result.toString(16).padStart(2 * size, "0").toUpperCase();
}

function newKeys() {
  return { ek: random(32), iv: random(16), hk: random(32) };
}

function offer(keys, publicKey) {
  const material = crypt.enc.Utf8.parse((keys.ek + keys.iv + keys.hk).toUpperCase()).toString();
  const digit = (key) => cbc(key, keys.iv, " ".repeat(16)).slice(0, 6).toUpperCase();
  return {
    encryptedPayload: oaep(publicKey.modulus, publicKey.exponent, material),
    encKeyCheckDigit: digit(keys.ek),
    hmacKeyCheckDigit: digit(keys.hk),
  };
}

function newUuid() {
  const digits = random(16);
  const variant = ((parseInt(digits[16], 16) & 3) | 8).toString(16);
  const all = digits.slice(0, 12) + "4" + digits.slice(13, 16) + variant + digits.slice(17);
  return all.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
