"use strict";
// Checks codes of profile PV1, key lists and kept proofs with WebCrypto alone; nothing is loaded and nothing is sent.
(() => {
  const DIGITS = 321, BLOB = 133, BODY = 69;
  const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ", CHECK = CROCKFORD + "*~$=U";
  const HEAD_PREFIX = "printserver:audit-tree-head:v1\0", CODE_PREFIX = "PV1\0print-copy\0";
  const byId = (id) => document.getElementById(id);
  const PINNED = byId("fingerprint").textContent.replace(/\s/g, "");
  const WORDS = {
    genuine: ["真：由签发单位的密钥签署", "Genuine: signed by the issuer's key", "纸上必须正是以下内容。此后是否作废，离线无法得知。", "The paper must show exactly this. Whether it was voided since cannot be known offline."],
    altered: ["假：内容或签名被改动", "Not genuine: data or signature were changed", "签名与内容不符，请勿采信。", "The signature does not belong to the data. Do not rely on it."],
    unknown: ["不明：不是用这些公钥签署的", "Unknown: not signed with any of these keys", "请确认文字完整；若确系扫码所得，请勿采信。", "Make sure that the text is whole; if it is as scanned, do not rely on it."],
    revoked: ["签署的密钥已不再有效", "Signed with a key that is no longer accepted", "请向签发单位核实。", "Please ask the issuer."],
    keys: ["公钥列表不可信", "The key list cannot be believed", "它不是由这一根密钥签署的，或已被改动。继续使用原有列表。", "It was not signed by this root, or it was changed. The list from before stays in use."],
    proof: ["留存证明不成立", "The kept proof does not hold", "文件各部分彼此不符，或已被改动。", "Its parts do not belong together, or they were changed."],
    picture: ["图片中没有读到验证码", "No code was read from the picture", "此浏览器不能识读图片，或照片不够清楚。请用手机扫码并粘贴文字。", "This browser reads no pictures, or the picture is not clear enough. Scan with a phone and paste the text."],
    impossible: ["此浏览器无法核对签名", "This browser cannot check signatures", "请将本页保存为文件后打开，或换用较新的浏览器。", "Save this page as a file and open that, or use a newer browser."],
    test: ["测试件：不具任何效力", "TEST: binds nobody", "该验证码由仅供测试的密钥签署。无论纸上写了什么，均属无效。", "It was signed with keys that are for tests only. Whatever the paper says, it is not valid."],
    loaded: ["已换用较新的公钥列表", "The newer key list is in use", "", ""],
  };
  const LABELS = {
    issuer: ["签发单位", "Issuer"], copy: ["第几份", "Copy"], page: ["页", "Page"], issued: ["签发时间（世界时）", "Issued (UTC)"], serial: ["份编号", "Copy serial"],
    seal: ["印章编号", "Number of the seal"], document: ["文件摘要 SHA-256", "Document's SHA-256"], log: ["日志中的位置", "Place in the log"], host: ["验证码中的网址（不作证明）", "Address in the code (proves nothing)"],
  };
  let keyList = null;
  let shown = null;

  class Refused extends Error {
    constructor(kind) { super(kind); this.kind = kind; }
  }
  const require = (holds, kind) => { if (!holds) throw new Refused(kind); };
  const utf8 = (text) => new TextEncoder().encode(text);
  const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const fromHex = (text, kind) => {
    require(typeof text === "string" && /^([0-9a-f]{2})*$/.test(text), kind);
    return Uint8Array.from(text.match(/../g) || [], (pair) => parseInt(pair, 16));
  };
  const fromBase64 = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const joined = (...parts) => {
    const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
    let at = 0;
    for (const part of parts) { all.set(part, at); at += part.length; }
    return all;
  };
  const same = (left, right) => left.length === right.length && left.every((byte, at) => byte === right[at]);
  const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

  // RFC 8785: what JSON.stringify writes, with the members of every object in the order of their UTF-16 units.
  const canonical = (value) => {
    if (Array.isArray(value)) return "[" + value.map(canonical).join(",") + "]";
    if (value === null || typeof value !== "object") return JSON.stringify(value);
    return "{" + Object.keys(value).sort().map((name) => JSON.stringify(name) + ":" + canonical(value[name])).join(",") + "}";
  };

  const signedBy = async (spki, signature, message) => {
    if (signature.length !== 64) return false;
    const key = await crypto.subtle.importKey("spki", spki, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
    return crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, signature, message);
  };

  // One DER element: where its content begins and where it ends.
  const element = (der, at) => {
    let length = der[at + 1], start = at + 2;
    if (length & 0x80) {
      const octets = length & 0x7f;
      require(octets >= 1 && octets <= 3, "keys");
      length = 0;
      for (let i = 0; i < octets; i++) length = length * 256 + der[start++];
    }
    require(start + length <= der.length, "keys");
    return { start, end: start + length };
  };
  // Certificate → tbsCertificate → [version], serial, algorithm, issuer, validity, subject, SubjectPublicKeyInfo.
  const spkiOf = (pem) => {
    const der = fromBase64(pem.replace(/-----[A-Z ]+-----/g, "").replace(/\s/g, ""));
    let at = element(der, element(der, 0).start).start;
    if (der[at] === 0xa0) at = element(der, at).end;
    for (let i = 0; i < 5; i++) at = element(der, at).end;
    return der.slice(at, element(der, at).end);
  };

  const loadKeys = async (list) => {
    require(list && (list.version === 1 || list.version === 2) && Array.isArray(list.keys) && list.keys.length, "keys");
    const root = spkiOf(list.root.certificate);
    require(hex(await sha256(root)) === PINNED && list.root.fingerprint === PINNED, "keys");
    const { signature, ...signed } = list;
    require(await signedBy(root, fromBase64(signature), utf8(canonical(signed))), "keys");
    return list;
  };
  const findKey = async (list, id, usage) => {
    const key = list.keys.find((each) => each.key_id === id && each.usage === usage);
    require(key, "unknown");
    const spki = fromBase64(key.spki);
    require(hex((await sha256(spki)).slice(0, 4)) === id, "keys");
    return { ...key, spki };
  };
  const requireValid = (key, at) => {
    require(Date.parse(key.not_before) <= at && at <= Date.parse(key.not_after) && key.revoked_at === null, "revoked");
  };

  const parseCode = (text) => {
    const match = /^(?:(https?:\/\/[A-Za-z0-9.\-]{1,253}(?::[0-9]{1,5})?)\/q\/)?([0-9]{321})$/.exec(text.trim());
    require(match && match[2].length === DIGITS, "unknown");
    let number = BigInt(match[2]);
    const blob = new Uint8Array(BLOB);
    for (let at = BLOB - 1; at >= 0; at--) { blob[at] = Number(number & 255n); number >>= 8n; }
    require(number === 0n && blob[0] === 0x11, "unknown");
    const body = blob.slice(0, BODY), view = new DataView(body.buffer);
    const code = {
      host: match[1] || "", body, signature: blob.slice(BODY), keyId: hex(body.slice(1, 5)), organisation: view.getUint32(5),
      serial: serialText(body.slice(9, 19)), issuedAt: view.getUint32(19) * 1000, page: view.getUint16(23), pages: view.getUint16(25),
      copy: view.getUint16(27), copies: view.getUint16(29), seal: hex(body.slice(31, 37)), document: hex(body.slice(37)),
    };
    require(code.page >= 1 && code.page <= code.pages && code.copy <= code.copies, "unknown");
    return code;
  };
  const serialText = (bytes) => {
    let number = 0n, symbols = "";
    for (const byte of bytes) number = number * 256n + BigInt(byte);
    for (let shift = 75n; shift >= 0n; shift -= 5n) symbols += CROCKFORD[Number((number >> shift) & 31n)];
    return symbols.match(/.{4}/g).join("-") + "-" + CHECK[Number(number % 37n)];
  };
  const verifyCode = async (text, list) => {
    const code = parseCode(text);
    const key = await findKey(list, code.keyId, "code");
    require(await signedBy(key.spki, code.signature, joined(utf8(CODE_PREFIX), code.body)), "altered");
    require(key.organisation === code.organisation, "altered");
    requireValid(key, code.issuedAt);
    return code;
  };

  // RFC 9162 section 2.1.3.2.
  const rootOf = async (entry, index, size, path) => {
    require(Number.isSafeInteger(index) && Number.isSafeInteger(size) && 0 <= index && index < size, "proof");
    let place = index, last = size - 1, computed = await sha256(joined(new Uint8Array([0]), entry));
    const node = (left, right) => sha256(joined(new Uint8Array([1]), left, right));
    for (const sibling of path) {
      require(last > 0 && sibling.length === 32, "proof");
      if (place % 2 === 1 || place === last) {
        computed = await node(sibling, computed);
        while (place % 2 === 0 && place > 0) { place = Math.floor(place / 2); last = Math.floor(last / 2); }
      } else {
        computed = await node(computed, sibling);
      }
      place = Math.floor(place / 2);
      last = Math.floor(last / 2);
    }
    require(last === 0, "proof");
    return computed;
  };
  const verifyEntry = async (proof, list) => {
    const { at, key_id, root, size, signature } = proof.head;
    const key = await findKey(list, key_id, "tree-head");
    const message = utf8(HEAD_PREFIX + canonical({ at, key_id, root, size }));
    require(await signedBy(key.spki, fromHex(signature, "proof"), message), "proof");
    requireValid(key, Date.parse(at));
    const computed = await rootOf(utf8(proof.body), proof.position, size, proof.path.map((step) => fromHex(step, "proof")));
    require(same(computed, fromHex(root, "proof")), "proof");
    return JSON.parse(proof.body);
  };
  const verifyBundle = async (bundle) => {
    const kept = await loadKeys(bundle.key_list);
    const list = keyList && keyList.sequence > kept.sequence ? keyList : kept;
    const code = await verifyCode(bundle.code, list);
    if (bundle.proofs.length === 0) return { list, code };
    const entries = {};
    for (const proof of bundle.proofs) {
      const entry = await verifyEntry(proof, list);
      entries[entry.event] = { entry, proof };
    }
    const drawn = entries.CopyRendered, signed = entries.CopySigned;
    require(drawn && signed && drawn.entry.subject_id === signed.entry.subject_id, "proof");
    require(drawn.entry.organisation_id === signed.entry.organisation_id, "proof");
    require(drawn.entry.facts.serial === code.serial && drawn.entry.facts.number === code.copy, "proof");
    return { list, code, log: { position: signed.proof.position + 1, size: signed.proof.head.size, at: signed.proof.head.at } };
  };

  const inChinese = () => document.documentElement.lang === "zh-CN";
  const say = ([chinese, english]) => (inChinese() ? chinese : english);
  const factsOf = ({ list, code, log }) => {
    const copy = code.copy === 0 ? ["电子原件，不是纸质文本", "electronic original, no paper"] : [`第 ${code.copy} 份 共 ${code.copies} 份`, `copy ${code.copy} of ${code.copies}`];
    const rows = [
      ["issuer", list.issuer], ["copy", say(copy)],
      ["page", say([`第 ${code.page} 页 共 ${code.pages} 页`, `page ${code.page} of ${code.pages}`])],
      ["issued", new Date(code.issuedAt).toISOString().replace("T", " ").slice(0, 19)], ["serial", code.serial],
      ["seal", code.seal], ["document", code.document],
    ];
    if (log) rows.push(["log", say([`第 ${log.position} 条，共 ${log.size} 条（${log.at} 签署）`, `entry ${log.position} of ${log.size}, signed ${log.at}`])]);
    if (code.host) rows.push(["host", code.host]);
    return rows;
  };
  const show = () => {
    byId("list").textContent = keyList ? say([`公钥列表第 ${keyList.sequence} 号，${keyList.issued_at}`, `Key list number ${keyList.sequence}, ${keyList.issued_at}`]) : "";
    if (!shown) return;
    const box = byId("verdict"), words = WORDS[shown.kind], facts = byId("facts");
    box.dataset.verdict = shown.kind;
    box.hidden = false;
    byId("sign").textContent = { genuine: "✓", loaded: "✓", revoked: "!", impossible: "!", test: "!" }[shown.kind] || "✗";
    byId("verdict-words").textContent = say(words);
    byId("verdict-meaning").textContent = say(words.slice(2));
    facts.replaceChildren();
    for (const [name, value] of shown.found ? factsOf(shown.found) : []) {
      const term = document.createElement("dt"), said = document.createElement("dd");
      term.textContent = say(LABELS[name]);
      said.textContent = value;
      facts.append(term, said);
    }
  };
  const answer = async (work) => {
    try {
      if (!globalThis.crypto || !crypto.subtle) throw new Refused("impossible");
      keyList = keyList || (await loadKeys(JSON.parse(byId("keys").textContent)));
      shown = await work();
    } catch (problem) {
      // What is no refusal of ours is a file or text in a shape that nothing of ours has.
      shown = { kind: problem instanceof Refused ? problem.kind : "unknown" };
    }
    show();
    byId("verdict-words").focus();
  };

  const genuine = (found) => ({ kind: found.list.test === true ? "test" : "genuine", found });
  const checkText = async (text) => genuine({ list: keyList, code: await verifyCode(text, keyList) });
  const checkJson = async (text) => {
    const said = JSON.parse(text);
    if (said.kind === "print-copy-bundle") return genuine(await verifyBundle(said));
    const list = await loadKeys(said);
    require(list.sequence >= keyList.sequence, "keys");
    keyList = list;
    return { kind: "loaded" };
  };
  const checkPicture = async (file) => {
    require("BarcodeDetector" in globalThis, "picture");
    const codes = await new BarcodeDetector({ formats: ["qr_code"] }).detect(await createImageBitmap(file));
    require(codes.length === 1, "picture");
    byId("code").value = codes[0].rawValue;
    return checkText(codes[0].rawValue);
  };

  byId("form").addEventListener("submit", (event) => {
    event.preventDefault();
    answer(() => checkText(byId("code").value));
  });
  byId("file").addEventListener("change", () => {
    const [file] = byId("file").files;
    if (!file) return;
    answer(async () => (file.type.startsWith("image/") ? checkPicture(file) : checkJson(await file.text())));
  });
  const speak = (language) => {
    document.documentElement.lang = language;
    byId("language").textContent = inChinese() ? "English" : "中文";
    byId("language").lang = inChinese() ? "en" : "zh-CN";
    show();
  };
  byId("language").addEventListener("click", () => speak(inChinese() ? "en" : "zh-CN"));
  speak((navigator.language || "").toLowerCase().startsWith("zh") ? "zh-CN" : "en");
})();
