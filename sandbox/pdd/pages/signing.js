// Makes the anti-content token of one request (see signing.py): key of this page load, number of the request, time,
// method, path and body. The server takes each token once.
function makeSigner(page) {
  const words = page.veiled.map((word, place) => (word ^ Math.imul(0x9e3779b9, place + 1)) >>> 0);
  let count = 0;

  function digits(number, length) {
    return number.toString(16).padStart(length, "0");
  }

  function seal(text) {
    const content = encodeURIComponent(text);
    return words.map((word) => {
      let value = word;
      for (let place = 0; place < content.length; place += 1) {
        value = Math.imul(value ^ content.charCodeAt(place), 0x01000193) >>> 0;
      }
      return digits((value ^ (value >>> 15)) >>> 0, 8);
    }).join("");
  }

  return function sign(method, path, body) {
    count += 1;
    const head = [page.id, digits(count, 8), digits(Date.now(), 12)];
    return "0a" + head.join("") + seal([...head, method, path, body].join("\n"));
  };
}
