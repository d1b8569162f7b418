"""The page of shops: entered, out of a list too, changed, disabled, forgotten; what signs them in is not shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.generator import BytesGenerator
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from board_client import Answer, Client, NewContext, Serve, forms_of
from board_world import BoardWorld
from playwright.sync_api import Page

from shopdata.ledger import Ledger
from shopdata.shops import ShopBook

KEY = "a key that is long enough"
SECRETS = ("fake-user-name", "fake-pass-word")
LIST = """\
店铺,平台,账号,密码,店铺ID
甲店,京东,fake-user-name,fake-pass-word,a
乙店,拼多多,fake-user-name,fake-pass-word,b
"""


def make_world(folder: Path) -> BoardWorld:
    world = BoardWorld(folder)
    world.add_shop("of-yaml", "文件里的店", "jd")
    world.write()
    world.tell_control()
    return world


@pytest.fixture(scope="module")
def board(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> Client:
    """One for all of these tests."""
    world = make_world(tmp_path_factory.mktemp("shops"))
    (world.folder / "key").write_text(KEY, "utf-8")
    return serve(world)


@pytest.fixture
def book(board: Client) -> Iterator[ShopBook]:
    """Empty: what other tests have left is forgotten."""
    with Ledger.at(board.folder / "state") as ledger:
        book = ShopBook(ledger, KEY)
        for entry in book.entries():
            book.remove(entry.id)
        yield book


@pytest.fixture
def client(board: Client, book: ShopBook) -> Client:
    """A visitor with no cookies, before a board without entered shops."""
    return Client(board.port, board.folder)


def send(client: Client, page: str, action: str, **values: str) -> Answer:
    """A form of a page, with these values typed into it."""
    (form,) = [form for form in forms_of(client.get(page).text) if form.action.endswith(f"/do/{action}")]
    # Boxes that nobody has ticked are not sent.
    fields = {name: value for name, value in form.values.items() if not name.startswith("dataset-")}
    return client.ask("POST", form.action, fields | values)


def upload(client: Client, content: bytes, **values: str) -> Answer:
    """A file, as a browser sends it."""
    (form,) = [form for form in forms_of(client.get("/board/shops").text) if form.action.endswith("/shops-upload")]
    body = MIMEMultipart("form-data", boundary="between")
    for name, value in ({"token": form.values["token"]} | values | {"file": content}).items():
        part = MIMENonMultipart("application", "octet-stream")
        part.add_header("Content-Disposition", "form-data", name=name, **({"filename": "x"} if name == "file" else {}))
        part.set_payload(value if isinstance(value, bytes) else value.encode())
        body.attach(part)
    sent = BytesIO()
    BytesGenerator(sent, policy=body.policy.clone(linesep="\r\n", max_line_length=None)).flatten(body)
    content = sent.getvalue().partition(b"\r\n\r\n")[2]
    kind = "multipart/form-data; boundary=between"
    return client.ask("POST", "/board/do/shops-upload", content, Content_Type=kind)


def test_one_shop_from_its_first_day_to_its_last(client: Client, book: ShopBook) -> None:
    answer = send(client, "/board/shops/_new", "shop-add", name="甲店", platform="jd", username=SECRETS[0], id="A b")
    assert "“A b”不能做 id" in answer.visible
    assert "密码 * 没有填。" in answer.visible
    assert 'value="甲店"' in answer.text
    assert SECRETS[0] not in answer.text
    own = {"name": "甲店", "platform": "jd", "username": SECRETS[0], "password": SECRETS[1], "id": "a", "owner": "张三"}
    answer = send(client, "/board/shops/_new", "shop-add", **own)
    assert answer.headers["Location"] == "/board/shops?told=shop_added"
    assert "2 家店，2 家取数" in client.get("/board/shops").visible
    answer = send(client, "/board/shops/_new", "shop-add", **own | {"name": "文件里的店", "id": "a"})
    assert "店铺 a 已经登记，内容不同" in answer.visible

    page = client.get("/board/shops/a")
    assert 'value="张三"' in page.text
    assert not [secret for secret in SECRETS if secret in page.text]
    changed = {"name": "甲店二", "owner": "", "since": "2026-03-01", "dataset-jd_store": "1"}
    assert send(client, "/board/shops/a", "shop-edit", **changed).status == 303
    (shop,) = book.read().shops
    assert (shop.name, shop.owner, str(shop.since), shop.datasets) == ("甲店二", None, "2026-03-01", ("jd_store",))
    assert (shop.username, shop.password.get_secret_value()) == SECRETS, "as they were"
    assert send(client, "/board/shops/a", "shop-edit", name="甲店二", password="n3w-fake").status == 303
    assert book.read().shops[0].password.get_secret_value() == "n3w-fake"

    client.press("/board/shops/a", "shop-disable")
    assert "2 家店，1 家取数" in client.get("/board/shops").visible
    client.press("/board/shops/a", "shop-enable")
    assert book.read().shops[0].enabled
    for new, told in (("of-yaml", "已经有店铺在用"), ("A", "不能做 id")):
        assert told in send(client, "/board/shops/a", "shop-rename", new=new).visible
    session = book_folder(book) / "sessions" / "jd_a.session"
    session.parent.mkdir(exist_ok=True)
    session.write_text("{}")
    client.press("/board/shops/a", "shop-remove")
    assert (book.entries(), session.exists()) == ([], False)
    assert client.get("/board/shops/a").status == 404


def test_a_list_with_every_mistake_and_then_without(client: Client, book: ShopBook) -> None:
    template = client.get("/board/shops/_workbook")
    sheet = openpyxl.load_workbook(BytesIO(template.body)).worksheets[0]
    assert [cell.value for cell in sheet[1]][:4] == ["店铺", "平台", "账号", "密码"]
    answer = upload(client, LIST.replace("拼多多", "淘宝").replace("甲店,京东,fake-user-name", "甲店,京东,").encode())
    assert "2 个错误；一家也没有导入" in answer.visible
    assert re.findall(r"第 \d 行 \w 列（\w+）", answer.visible) == ["第 2 行 C 列（账号）", "第 3 行 B 列（平台）"]
    assert "确认登记" not in answer.visible

    answer = upload(client, LIST.encode("gb18030"))
    assert "将新增 2 家，更改 0 家，未变 0 家" in answer.visible
    assert book.entries() == [], "nothing is entered before somebody says so"
    (form,) = forms_of(answer.text)
    other = Client(client.port, client.folder)
    other.get("/board/shops")
    stolen = forms_of(other.get("/board/shops").text)[0].values["token"]
    assert other.ask("POST", "/board/do/shops-enter", form.values | {"token": stolen}).status == 409
    assert (
        client.ask("POST", "/board/do/shops-enter", form.values).headers["Location"].endswith("told=shops_entered&n=2")
    )
    assert client.ask("POST", "/board/do/shops-enter", form.values).status == 409, "once"
    assert [entry.id for entry in book.entries()] == ["a", "b"]

    assert "没有变化" in upload(client, LIST.encode()).visible
    changed = LIST.replace("甲店,京东,fake-user-name,fake-pass-word", "甲店,京东,fake-user-name,n3w-fake").encode()
    assert "已经登记，内容不同" in upload(client, changed).visible
    answer = upload(client, changed, update="1")
    assert "更改：密码" in answer.visible
    (form,) = forms_of(answer.text)
    client.ask("POST", "/board/do/shops-enter", form.values)
    assert book.read().shops[0].password.get_secret_value() == "n3w-fake"
    assert "这个文件不能用" in upload(client, b"%PDF-1.7").visible
    assert not [
        path for path in book_folder(book).rglob("*") if path.is_file() and SECRETS[1].encode() in path.read_bytes()
    ]


def book_folder(book: ShopBook) -> Path:
    return Path(book.ledger.where).parent


def test_without_a_key_nothing_can_be_entered(serve: Serve, tmp_path: Path) -> None:
    client = serve(make_world(tmp_path))
    assert "没有设置 SHOPDATA_SECRET_KEY" in client.get("/board/shops").visible
    answer = send(client, "/board/shops/_new", "shop-add", name="甲", platform="jd", username="u", password="p-fake")
    assert answer.status == 409
    assert "no key is set" in answer.text


def test_forms_without_their_token_are_not_heard(client: Client, book: ShopBook) -> None:
    client.get("/board/shops")
    for action in ("shop-add", "shop-edit", "shop-remove", "shop-rename", "shops-upload", "shops-enter"):
        assert client.ask("POST", f"/board/do/{action}", {"shop": "of-yaml", "name": "x"}).status == 403
    assert book.entries() == []


def test_nobody_on_the_way_may_read_a_password(client: Client, book: ShopBook) -> None:
    (form,) = [form for form in forms_of(client.get("/board/shops/_new").text) if form.action.endswith("/shop-add")]
    values = form.values | {"name": "甲", "platform": "jd", "username": "u", "password": "p-fake"}
    answer = client.ask("POST", form.action, values, Referer="http://board.example.com/board/shops/_new")
    assert (answer.status, "plain http from another machine" in answer.text) == (409, True)
    assert book.entries() == []


@pytest.mark.browser
def test_in_a_browser_by_keyboard_and_on_a_telephone(
    client: Client, new_context: NewContext, axe: str, book: ShopBook, tmp_path: Path
) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "locale": "en-GB"}
    (tmp_path / "list.csv").write_text(LIST, "utf-8")
    for look in ({}, phone):
        page = new_context(base_url=client.origin, bypass_csp=True, **look).new_page()
        page.goto("/board/shops")
        page.locator("summary").first.focus()
        page.keyboard.press("Enter")
        _is_well(page, axe)
        page.set_input_files("#file", tmp_path / "list.csv")
        page.locator("form.fields button").first.click()
        page.locator(".crumbs").wait_for()
        _is_well(page, axe)
        if not book.entries():
            page.locator("button.main").click()
            page.wait_for_url("**/board/shops?told=*")
        page.goto("/board/shops/a")
        _is_well(page, axe)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing stands out to the right"
        page.fill("#name", "")
        page.fill("#since", "soon")
        page.fill("#name", "甲店")
        page.locator("form.two-wide button.main").click()
        page.locator("#wrong-since").wait_for()
        _is_well(page, axe)
    assert [entry.id for entry in book.entries()] == ["a", "b"]


def _is_well(page: Page, axe: str) -> None:
    page.add_script_tag(content=axe)
    result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert [(found["id"], found["nodes"][0]["html"]) for found in result["violations"]] == []
