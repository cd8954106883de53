/// How the report looks: on a desk, on a phone, in the dark, and on paper.
enum Stylesheet {
    /// Lines differ by colour and by dash, so that they can be told apart in grey too.
    static let text = """

        :root {
          color-scheme: light dark;
          --paper: #ffffff; --ink: #1b1f24; --soft: #5b6570; --rule: #d5dae0; --band: #f3f5f7;
          --c0: #111827; --c1: #1d5fbf; --c2: #c2410c; --c3: #15803d; --c4: #9333ea;
          --c5: #857000; --c6: #0e7490; --c7: #be185d; --c8: #475569; --c9: #9aa3ad;
          --warn: #9a3412; --inside: #ffffff;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --paper: #14171b; --ink: #e6e9ec; --soft: #9aa5b1; --rule: #343b43; --band: #1d2227;
            --c0: #f4f6f8; --c1: #7db3ff; --c2: #ff9d66; --c3: #6fd08c; --c4: #c99bff;
            --c5: #d9c84a; --c6: #62c9dd; --c7: #ff8fc0; --c8: #b8c4d3; --c9: #6b7580;
            --warn: #ffb48a; --inside: #14171b;
          }
        }
        * { box-sizing: border-box; }
        body {
          margin: 0 auto; padding: 1.2rem 1rem 3rem; max-width: 58rem;
          background: var(--paper); color: var(--ink);
          font: 1rem/1.5 system-ui, sans-serif; font-variant-numeric: tabular-nums;
        }
        h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .4rem; overflow-wrap: anywhere; }
        h2 { font-size: 1.2rem; margin: 2.4rem 0 .6rem; }
        h3 { font-size: 1rem; margin: 1.4rem 0 .4rem; }
        p { margin: 0 0 .8rem; }
        dl, dd, ul { margin: 0; }
        .cards-title { color: var(--soft); margin: 1rem 0 .3rem; }
        .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .6rem; }
        .cards div { background: var(--band); border-radius: .4rem; padding: .6rem .8rem; }
        .cards dt { color: var(--soft); font-size: .85rem; }
        .cards dd { font-size: 1.35rem; font-weight: 600; }
        .warnings { color: var(--warn); padding-left: 1.2rem; margin-top: .9rem; }
        .scroll { overflow-x: auto; margin: 0 0 1.2rem; }
        table { border-collapse: separate; border-spacing: 0; width: 100%; font-size: .87rem; }
        caption { text-align: left; color: var(--soft); padding: .2rem 0; }
        th, td { padding: .28rem .55rem; text-align: right; white-space: nowrap;
          border-bottom: 1px solid var(--rule); font-weight: 400; }
        thead th { color: var(--soft); font-size: .8rem; white-space: normal;
          vertical-align: bottom; }
        th:first-child { text-align: left; padding-left: 0; }
        figure { margin: 0 0 1rem; }
        figcaption { font-weight: 600; margin-bottom: .4rem; }
        figure svg { display: block; width: 100%; height: auto; }
        svg.narrow { display: none; }
        .legend { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .25rem 1.1rem;
          font-size: .87rem; margin-top: .4rem; }
        .legend li { display: flex; align-items: center; gap: .4rem; }
        .legend svg.sample { width: 34px; height: 12px; flex: none; }
        .explanations div { display: grid; grid-template-columns: 13rem 1fr; gap: 0 1rem;
          padding: .2rem 0; border-bottom: 1px solid var(--rule); font-size: .9rem; }
        .explanations dt { color: var(--soft); }
        .explanations dd { overflow-wrap: anywhere; }
        footer { margin-top: 3rem; color: var(--soft); font-size: .85rem; }
        .label { fill: var(--soft); font: 12.5px system-ui, sans-serif; }
        .label.name { fill: var(--ink); }
        .label.inside { fill: var(--inside); font-weight: 600; }
        .grid { stroke: var(--rule); stroke-width: 1; }
        .axis { stroke: var(--soft); stroke-width: 1; }
        .curve { fill: none; stroke-width: 2.2; stroke-linejoin: round; }
        .curve.s0 { stroke: var(--c0); stroke-width: 3.2; }
        .curve.s1 { stroke: var(--c1); }
        .curve.s2 { stroke: var(--c2); stroke-dasharray: 9 3; }
        .curve.s3 { stroke: var(--c3); stroke-dasharray: 3 3; }
        .curve.s4 { stroke: var(--c4); stroke-dasharray: 12 3 3 3; }
        .curve.s5 { stroke: var(--c5); stroke-dasharray: 6 6; }
        .curve.s6 { stroke: var(--c6); stroke-dasharray: 14 4; }
        .curve.s7 { stroke: var(--c7); stroke-dasharray: 2 5; }
        .curve.s8 { stroke: var(--c8); stroke-dasharray: 8 2 2 2 2 2; }
        .curve.s9 { stroke: var(--c9); stroke-width: 1.6; }
        .piece { stroke: var(--paper); stroke-width: 1; }
        .piece.s1 { fill: var(--c1); } .piece.s2 { fill: var(--c2); } .piece.s3 { fill: var(--c3); }
        .piece.s4 { fill: var(--c4); } .piece.s5 { fill: var(--c5); } .piece.s6 { fill: var(--c6); }
        .piece.s7 { fill: var(--c7); } .piece.s8 { fill: var(--c8); }
        .hiccup { fill: var(--c9); opacity: .38; }
        .silence { fill: var(--warn); opacity: .16; }
        .loss { fill: var(--c4); opacity: .16; }
        @media (max-width: 620px) {
          body { padding: .9rem .8rem 2rem; }
          h1 { font-size: 1.3rem; }
          svg.wide { display: none; }
          svg.narrow { display: block; }
          .explanations div { grid-template-columns: 1fr; }
          .cards { grid-template-columns: repeat(auto-fit, minmax(7.5rem, 1fr)); }
          table { font-size: .8rem; }
          th, td { padding: .3rem .4rem; }
          tbody th:first-child, thead th:first-child { position: sticky; left: 0;
            background: var(--paper); }
        }
        @media print {
          @page { margin: 14mm; }
          :root { color-scheme: light;
            --paper: #ffffff; --ink: #000000; --soft: #333333; --rule: #bbbbbb; --band: #f3f3f3;
            --c0: #000000; --c1: #1d5fbf; --c2: #c2410c; --c3: #15803d; --c4: #9333ea;
            --c5: #857000; --c6: #0e7490; --c7: #be185d; --c8: #475569; --c9: #8a929b;
            --warn: #7a2a0e; --inside: #ffffff; }
          body { max-width: none; padding: 0; font-size: 10pt; }
          svg.wide { display: block; max-height: 100mm; } svg.narrow { display: none; }
          .scroll { overflow: visible; }
          table { font-size: 7.6pt; }
          th, td { padding: .15rem .3rem; }
          figure, tr, .cards, .explanations div { break-inside: avoid; }
          h2, h3, caption, figcaption, section p { break-after: avoid; }
          thead th, .legend { font-size: 7.6pt; }
          .hiccup, .silence, .loss, .piece, .cards div {
            print-color-adjust: exact; -webkit-print-color-adjust: exact; }
        }

        """
}
