// The code that the app scans. It is drawn where its tab stays open, and asked about until it is confirmed or its time is over.
function appCode(box, hint) {
  let round = 0;
  const device = findDevice(page.device_name);

  async function post(path, body) {
    const signed = { ...body, fingerprint: await device, crawlerInfo: sign("POST", path, body.data ?? "") };
    const headers = { "content-type": "application/json" };
    return (await fetch(path, { method: "POST", headers, body: JSON.stringify(signed) })).json();
  }

  async function show() {
    const mine = ++round;
    const { result } = await post(page.make_app_code_path, {});
    if (mine !== round) return;
    const data = new URL(result.uri).searchParams.get("data");
    box.innerHTML = '<div class="qrcode"><img width="160" height="160" alt=""></div><p></p>';
    box.querySelector("img").src = `${page.picture_path}?${new URLSearchParams({ data })}`;
    const says = box.querySelector("p");
    says.textContent = hint;
    while (mine === round) {
      await new Promise((resolve) => setTimeout(resolve, page.ask_milliseconds));
      if (mine !== round) return;
      const answer = await post(page.ask_app_code_path, { data });
      if (!answer.success) {
        says.textContent = answer.errorMsg;
        return box.append(again);
      }
      if (answer.result.status === 2) says.textContent = "扫描成功，请在手机上确认";
      if (answer.result.status === 3) {
        localStorage.setItem("PASSID", answer.result.passId);
        localStorage.setItem("new_userinfo", JSON.stringify(answer.result.userInfoVO));
        window.location.href = page.return_path;
        return;
      }
    }
  }

  const again = document.createElement("button");
  again.type = "button";
  again.textContent = "刷新二维码";
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
    },
  };
}
