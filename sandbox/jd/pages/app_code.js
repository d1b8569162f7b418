// The code that the app scans. It is drawn where its tab stays open, and asked about until it is confirmed or its time is over.
function appCode(box) {
  const page = boot();
  const device = findDevice(page.device_name);
  let round = 0;

  function ask(mine, says) {
    const name = `jQuery${Math.floor(Math.random() * 1e7)}`;
    const script = document.createElement("script");
    const token = /(?:^|; )wlfstk_smdl=(\w+)/.exec(document.cookie)?.[1] ?? "";
    window[name] = async ({ code, msg, ticket }) => {
      script.remove();
      if (mine !== round) return;
      says.textContent = msg ?? "";
      if (code === 200) {
        const query = new URLSearchParams({ t: ticket, device: await device });
        const answer = await (await fetch(`${page.validation_path}?${query}`)).json();
        if (answer.returnCode === 0) window.location.href = answer.url;
      } else if (code === 201 || code === 202) setTimeout(() => ask(mine, says), page.ask_milliseconds);
      else box.append(again);
    };
    script.src = `${page.check_path}?${new URLSearchParams({ appid: 133, token, callback: name })}`;
    document.head.append(script);
  }

  function show() {
    const mine = ++round;
    box.innerHTML = '<img class="qrcode-img" width="160" height="160" alt=""><p>打开京麦APP扫描二维码</p>';
    const [picture, says] = box.children;
    picture.addEventListener("load", () => mine === round && ask(mine, says));
    picture.src = `${page.show_path}?${new URLSearchParams({ appid: 133, size: 147, t: Date.now() })}`;
  }

  const again = document.createElement("button");
  again.type = "button";
  again.textContent = "刷新";
  again.style = "padding:12px 40px;border:0;background:#00875a;color:#fff";
  again.addEventListener("click", (event) => event.isTrusted && show());

  let waiting;
  return {
    open() {
      // Whoever goes on to the other tab at once needs none.
      waiting = setTimeout(show, 400);
    },
    close() {
      clearTimeout(waiting);
      round++;
      box.replaceChildren();
    },
  };
}
