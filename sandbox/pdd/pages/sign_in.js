const page = JSON.parse(document.getElementById("boot").textContent);
const sign = makeSigner(page.key);

// docs/portals.md 1.1 [C 2]: events that a script makes do not change the state of these forms; only a person's do.
function onRealClicks(box, handle) {
  box.addEventListener("click", (event) => {
    if (event.isTrusted && event.target !== box) handle(event.target);
  });
}

function typedText(input) {
  const state = { text: "" };
  input.addEventListener("input", (event) => {
    if (event.isTrusted) state.text = input.value;
  });
  return state;
}

function signIn({ form, username, password, submit }) {
  const device = findDevice(page.device_name);
  const mayGo = setObstacles(page.looks ?? [], form);
  const typed = { username: typedText(username), password: typedText(password) };

  function complain(box, text) {
    let error = box.querySelector(".error-text");
    if (!error) {
      error = document.createElement("div");
      error.className = "error-text";
      box.prepend(error);
    }
    error.textContent = text;
    error.hidden = !text;
  }

  async function post(path, body) {
    const signed = { ...body, crawlerInfo: sign("POST", path, body.username) };
    const headers = { "content-type": "application/json" };
    const response = await fetch(path, { method: "POST", headers, body: JSON.stringify(signed) });
    return response.json();
  }

  // `more` is what a challenge adds: the slider's place, or the code of an SMS.
  async function authenticate(box, more) {
    const body = { username: typed.username.text, password: typed.password.text, device: await device, ...more };
    const answer = await post(page.auth_path, body);
    const result = answer.result ?? {};
    if (answer.success && result.passId) {
      localStorage.setItem("PASSID", result.passId);
      localStorage.setItem("new_userinfo", JSON.stringify(result.userInfoVO));
      setTimeout(() => { window.location.href = page.return_path; }, page.delay_milliseconds);
    } else if (result.goTo) {
      setTimeout(() => { window.location.href = result.goTo; }, page.delay_milliseconds);
    } else if (result.asks) {
      if (confirm(page.dialog)) await authenticate(box, { ...more, isAnswered: true });
      else complain(box, "已取消登录");
    } else if (result.verifyAuthToken) {
      askForSlider(result);
    } else if (result.forceMobileVerify || page.sms_codes.includes(answer.errorCode)) {
      askForCode(result.mobile ?? result);
    } else {
      complain(box, answer.errorMsg);
    }
  }

  // A puzzle: drag the button until the piece covers the gap.
  function askForSlider({ verifyAuthToken, gap }) {
    document.querySelector(".captcha-container")?.remove();
    const box = document.createElement("div");
    box.className = "captcha-container";
    box.id = "captcha_container";
    box.innerHTML =
      '<div class="captcha-picture"><i class="captcha-gap"></i><i class="captcha-piece"></i></div>' +
      '<div class="captcha-track">向右拖动滑块完成拼图<i class="captcha-slider"></i></div>';
    box.querySelector(".captcha-gap").style.left = gap + "px";
    form.closest("main").append(box);
    const slider = box.querySelector(".captcha-slider");
    const piece = box.querySelector(".captcha-piece");
    const move = (pixels) => { slider.style.left = piece.style.left = `${pixels}px`; };
    onDrag(slider, move, (place, path) => {
      box.remove();
      authenticate(form, { verifyAuthToken, place, path });
    });
  }

  function askForCode(mobile) {
    const box = document.createElement("div");
    box.innerHTML =
      '<p></p><input type="text" placeholder="请输入短信验证码" maxlength="6">' +
      '<button type="button" class="plain send">获取验证码</button>' +
      '<button type="button" class="primary confirm">确定</button>';
    box.querySelector("p").textContent = "为了账号安全，请验证手机 " + mobile;
    form.replaceChildren(box);
    const code = typedText(box.querySelector("input"));
    onRealClicks(box, async (button) => {
      if (button.classList.contains("send")) {
        await post(page.send_code_path, { username: typed.username.text });
        button.textContent = "验证码已发送";
        button.disabled = true;
      } else if (button.classList.contains("confirm")) {
        await authenticate(box, { verificationCode: code.text });
      }
    });
  }

  onRealClicks(form, (target) => {
    if (!submit.contains(target)) return;
    if (!typed.username.text || !typed.password.text) complain(form, "请输入账号名和密码");
    else if (mayGo()) complain(form, mayGo());
    else authenticate(form, {});
  });
}
