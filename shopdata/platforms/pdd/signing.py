"""How Pinduoduo's back-office pages sign calls: by the client that their own code has (docs/portals.md 2)."""

from shopdata.crawling.page_client import PageClient

PAGE_CLIENT = PageClient(
    name="window.__mms.fetch",
    # It exists once the back office has loaded.
    is_ready="(() => { try { return Boolean(window.__mms.fetch.post); } catch { return false; } })()",
    call="""async ([path, body]) => {
    try {
        const answer = await window.__mms.fetch.post(path, body);
        return { data: answer && typeof answer.json === "function" ? await answer.json() : answer };
    } catch (error) {
        if (error instanceof SyntaxError) return {};
        throw error;
    }
}""",
)
