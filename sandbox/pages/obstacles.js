// What a login page may put before its form. The form asks `mayGo()` before it sends anything: "" or what is missing.
const AGREEMENTS = {
  agreement: '<input type="checkbox" id="agree"><label for="agree">我已阅读并同意</label><a href="/rules">《用户服务协议》</a>',
  "agreement-kit":
    '<label class="kit-checkbox-wrapper"><span class="kit-checkbox"><input type="checkbox" style="position:absolute;opacity:0;width:16px;height:16px;margin:0">' +
    '<span class="kit-inner" style="display:inline-block;width:14px;height:14px;border:1px solid #bbb"></span></span>' +
    '<span>登录即代表同意<a href="/rules">《隐私政策》</a></span></label>',
  "agreement-role": '<div role="checkbox" aria-checked="false" tabindex="0" style="display:inline-block;width:16px;height:16px;border:1px solid #bbb"></div> <span>同意<a href="/rules">服务条款</a></span>',
  "agreement-icon": '<i class="rule-icon" style="display:inline-block;width:16px;height:16px;border:1px solid #bbb;border-radius:8px"></i><em>我已阅读并同意<a href="/rules">《商家协议》</a></em>',
  // To be seen, and by no program to be found.
  "agreement-drawn": '<canvas width="300" height="24" style="vertical-align:middle"></canvas>',
  "agreement-stuck": '<input type="checkbox" id="agree" disabled><label for="agree">我已阅读并同意《用户服务协议》</label>',
};
const REMEMBER = '<label style="display:block"><input type="checkbox" id="remember" style="width:auto"> 7天免登录</label>';

function setObstacles(looks, form) {
  const shadow = "position:fixed;inset:0;z-index:9;display:flex;align-items:center;justify-content:center;background:#0008";
  const words = "<h3>关于规范经营的公告</h3><p>请各商家知悉，谨防诈骗，不要泄露验证码。</p>";
  const question = "<h3>完善店铺信息</h3><p>请选择您的主营类目</p>";
  const green = "<button type='button' style='padding:12px 24px;border:0;background:#00875a;color:#fff'>女装</button>";
  const buttons = {
    notice: `${words}<button type='button'>我知道了</button>`,
    "notice-cross": `${words}<i class='x-close' style='cursor:pointer'>×</i>`,
    "notice-stuck": words,
    "notice-question": question + green,
  };

  for (const look of looks) {
    if (!(look in buttons)) continue;
    const over = document.createElement("div");
    over.className = "notice-mask";
    over.style = shadow;
    over.innerHTML = `<div style="width:320px;padding:24px;background:#fff">${buttons[look]}</div>`;
    over.querySelector("button, i")?.addEventListener("click", (event) => { if (event.isTrusted) over.remove(); });
    document.body.append(over);
  }

  if (looks.includes("elsewhere")) {
    const link = document.createElement("a");
    link.href = "https://elsewhere.example/";
    link.textContent = "下载客户端";
    link.style = "position:fixed;left:20px;bottom:20px;padding:20px 40px;background:#00875a;color:#fff";
    document.body.append(link);
  }

  const kind = looks.find((look) => look in AGREEMENTS);
  if (!kind) return () => "";
  const row = document.createElement("div");
  row.className = "rules";
  row.style = "margin:10px 0";
  row.innerHTML = REMEMBER + AGREEMENTS[kind];
  for (const box of row.querySelectorAll("input")) box.style.width = "16px";
  form.append(row);
  let isDrawn = false;
  const drawn = row.querySelector("[role=checkbox], .rule-icon, canvas");
  if (drawn instanceof HTMLCanvasElement) {
    const drawing = drawn.getContext("2d");
    drawing.fillStyle = "#7b2fd0";
    drawing.fillRect(2, 2, 20, 20);
    drawing.fillText("我已阅读并同意《商家服务协议》", 30, 16);
  }
  drawn?.addEventListener("click", (event) => {
    if (!event.isTrusted) return;
    isDrawn = !isDrawn;
    drawn.style.background = isDrawn ? "#e8e0f4" : "";
    if (drawn.hasAttribute("aria-checked")) drawn.setAttribute("aria-checked", String(isDrawn));
  });
  const box = row.querySelector("input:not(#remember)");
  return () => (box ? box.checked : isDrawn) ? "" : "请先阅读并同意协议";
}
