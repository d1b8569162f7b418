function boot() {
  return JSON.parse(document.getElementById("boot").textContent);
}

// The seal that the server asks for: without this page's script a form can't be posted.
function seal(text) {
  let hash = 0x811c9dc5;
  for (const character of encodeURIComponent(text)) {
    hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193) >>> 0;
  }
  return hash.toString(16).padStart(8, "0");
}

function signIn({ form, username, password, submit, error }) {
  const page = boot();
  const device = findDevice(page.device_name);
  const mayGo = setObstacles(page.looks ?? [], form);

  function complain(text) {
    error.textContent = text;
    error.hidden = false;
  }

  // `more` is what was asked for: where the piece was let go and by which way, or that a dialog was answered.
  async function post(more = {}) {
    const body = new URLSearchParams({
      loginname: username.value,
      nloginpwd: password.value,
      nonce: page.nonce,
      seal: seal([page.nonce, username.value, password.value.length].join("|")),
      return_url: page.return_url,
      device: await device,
    });
    for (const [name, value] of Object.entries(more)) body.set(name, value);
    const response = await fetch(page.service_path, { method: "POST", body });
    const answer = await response.json();
    if (answer.nonce) page.nonce = answer.nonce;
    if (answer.go_to) setTimeout(() => { window.top.location.href = answer.go_to; }, page.delay_milliseconds);
    else if (answer.slider) showSlider(answer.slider);
    else if (answer.asks) confirm(page.dialog) ? post({ is_answered: "1" }) : complain("已取消登录");
    else if (answer.window) offerWindow(answer.window);
    else complain(answer.error);
  }

  // A puzzle: drag the button until the piece covers the gap.
  function showSlider(slider) {
    form.querySelector(".JDJRV-wrap")?.remove();
    const wrap = document.createElement("div");
    wrap.className = "JDJRV-wrap";
    wrap.innerHTML =
      '<div class="JDJRV-bigimg" style="position:relative;height:90px;background:linear-gradient(#9cd,#acb)">' +
      '<i class="JDJRV-gap" style="position:absolute;top:30px;width:36px;height:36px;background:#0006"></i>' +
      '<i class="JDJRV-smallimg" style="position:absolute;top:30px;width:36px;height:36px;background:#fffb;left:0"></i></div>' +
      '<div style="position:relative;height:36px;background:#eee;text-align:center;line-height:36px">向右滑动完成拼图' +
      '<i class="JDJRV-slide-btn" style="position:absolute;left:0;top:0;width:36px;height:36px;background:#e1251b"></i></div>';
    wrap.querySelector(".JDJRV-gap").style.left = slider.gap + "px";
    form.append(wrap);
    const button = wrap.querySelector(".JDJRV-slide-btn");
    const piece = wrap.querySelector(".JDJRV-smallimg");
    const move = (pixels) => { button.style.left = piece.style.left = `${pixels}px`; };
    onDrag(button, move, (slide, path) => post({ slide, path: JSON.stringify(path) }));
  }

  function offerWindow(address) {
    complain("为了账号安全，请完成短信验证");
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "去短信验证";
    button.style = "width:100%;padding:14px;border:0;background:#00875a;color:#fff";
    button.addEventListener("click", () => window.open(address, "", "width=520,height=480"));
    form.append(button);
  }

  submit.addEventListener("click", (event) => {
    event.preventDefault();
    error.hidden = true;
    if (!username.value || !password.value) complain("请输入账户名和密码");
    else if (mayGo()) complain(mayGo());
    else post();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
}
