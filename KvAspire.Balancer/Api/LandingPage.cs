namespace KvAspire.Balancer.Api;

/// <summary>The page at <c>/</c>: how to use the store, and how it fares. It needs nothing from elsewhere.</summary>
internal static class LandingPage
{
    // The page is the only thing here that runs scripts, and it may talk to this server alone.
    private const string Policy =
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:; frame-ancestors 'none'";

    public static void MapLandingPage(this IEndpointRouteBuilder routes) =>
        routes.MapMethods("/", [HttpMethods.Get, HttpMethods.Head], ShowAsync);

    private static async Task ShowAsync(HttpContext context)
    {
        var response = context.Response;
        var page = Page.ToArray();
        response.ContentType = "text/html; charset=utf-8";
        response.ContentLength = page.Length;
        response.Headers.ContentSecurityPolicy = Policy;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.BodyWriter.WriteAsync(page);
        }
    }

    private static ReadOnlySpan<byte> Page => """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <link rel="icon" href="data:,">
        <title>KvAspire</title>
        <style>
          :root { color-scheme: light dark; --line: light-dark(#d8dce3, #343a46); --soft: light-dark(#f4f5f8, #1d212a); --dim: light-dark(#5b6472, #98a2b3); --accent: light-dark(#3b5bdb, #8ea6ff); }
          body { font: 16px/1.55 system-ui, sans-serif; max-width: 52rem; margin: 3rem auto; padding: 0 1.25rem; background: light-dark(#fff, #14171d); }
          h1 { margin: 0; letter-spacing: -.02em; } h2 { font-size: 1.05rem; margin: 2.2rem 0 .6rem; }
          p { margin: .3rem 0; } .dim { color: var(--dim); } a { color: var(--accent); }
          pre { background: var(--soft); border: 1px solid var(--line); border-radius: .5rem; padding: .9rem 1rem; overflow-x: auto; font: .86rem/1.6 ui-monospace, monospace; }
          table { border-collapse: collapse; width: 100%; font-size: .93rem; } td, th { text-align: left; padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--line); }
          th { color: var(--dim); font-weight: 500; } td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
          .dot { display: inline-block; width: .6em; height: .6em; border-radius: 50%; margin-right: .5em; background: #e67700; }
          .dot.serving, .dot.active { background: #2f9e44; } .dot.down { background: #e03131; }
        </style>
        <h1>KvAspire</h1>
        <p class="dim">A replicated key-value store. A read always returns the last acknowledged value.</p>

        <h2>State</h2>
        <p id="state" class="dim">See <a href="/cluster">/cluster</a>.</p>
        <table id="nodes" hidden><thead><tr><th>Node<th>State<th class="number">Primary of<th class="number">Slots in sync<th class="number">Catching up<th class="number">Keys</thead><tbody></tbody></table>
        <p id="moves" class="dim"></p>

        <h2>JSON values</h2>
        <pre>curl --json '{"name": "Ada"}' http://localhost:8081/set/user%2F1
        curl http://localhost:8081/get/user%2F1
        curl -X DELETE http://localhost:8081/delete/user%2F1</pre>

        <h2>Any bytes, for a while, and only if nobody else was faster</h2>
        <pre>curl -T picture.png -H 'Content-Type: image/png' 'http://localhost:8081/kv/picture?ttl=3600'
        curl -o copy.png http://localhost:8081/kv/picture
        echo mine | curl -i -T - -H 'If-None-Match: *' http://localhost:8081/kv/lock
        echo next | curl -i -T - -H 'If-Match: "1.1.7"' http://localhost:8081/kv/lock</pre>

        <h2>More</h2>
        <p><a href="/cluster">/cluster</a> the cluster's state · <a href="/cluster/keys/user%2F1">/cluster/keys/{key}</a> where a key lives · <a href="/openapi/v1.json">/openapi/v1.json</a> all calls</p>
        <script>
          for (const pre of document.querySelectorAll("pre")) pre.textContent = pre.textContent.replaceAll("http://localhost:8081", location.origin);
          const add = (row, text, kind) => { const cell = row.insertCell(); cell.className = kind ?? ""; cell.append(text ?? "–"); return cell; };
          const dot = state => { const mark = document.createElement("span"); mark.className = "dot " + state; return mark; };
          async function show() {
            const line = document.getElementById("state"), table = document.getElementById("nodes");
            try {
              const status = await (await fetch("/cluster")).json();
              line.replaceChildren(dot(status.state), `${status.state} – ${status.detail}`);
              const rows = document.createElement("tbody");
              for (const node of status.nodes) {
                const row = rows.insertRow();
                add(row, node.name);
                add(row, node.state).prepend(dot(node.state));
                for (const count of [node.primarySlots, node.inSyncSlots, node.catchingUpSlots, node.keys]) add(row, count?.toLocaleString(), "number");
              }
              table.tBodies[0].replaceWith(rows);
              table.hidden = status.nodes.length === 0;
              document.getElementById("moves").replaceChildren(...status.moves.map(move => {
                const line = document.createElement("div");
                line.append(`Filling ${move.node}: ${move.slotsDone} of ${move.slotsTotal} slots, ${(move.bytes / 1e6).toFixed(1)} MB, ${(move.bytesPerSecond / 1e6).toFixed(1)} MB/s`, move.secondsLeft == null ? "" : `, about ${move.secondsLeft.toFixed(0)} s left`);
                return line;
              }));
            } catch {
              line.replaceChildren(dot("down"), "The balancer does not answer.");
            }
            setTimeout(show, 2000);
          }
          show();
        </script>
        </html>

        """u8;
}
