"""Prints figures as tables in Markdown, and draws them as SVG."""
import math

import goals


def number(value):
    return '' if value is None else f'{value:.3g}' if value < 100 else f'{value:,.0f}'


def best_of(bench, workload, metric, peers):
    """(name, median) of the best of the peers; a peer may name another workload: 'rust-std w1_boxed'."""
    found = []
    for peer in peers:
        name, _, other = peer.partition(' ')
        value = bench.median(other or workload, metric, name)
        if value is not None:
            found.append((value, peer))
    return (min(found)[1], min(found)[0]) if found else (None, None)


def goal_rows(bench):
    """(workload, metric, peer, peer's median, ours, goal) for every goal that has both sides."""
    for workload, metric, peers, goal in goals.RATIOS:
        peer, theirs = best_of(bench, workload, metric, peers)
        ours = {p: bench.median(workload, metric, p) for p in ('acc-gcc', 'acc-clang')}
        if theirs and any(ours.values()):
            yield workload, metric, peer, theirs, ours, goal


def goal_table(bench):
    lines = ['| workload | metric | peer | its median | acc, gcc | ratio | acc, clang | ratio | at most | |',
             '|---|---|---|---|---|---|---|---|---|---|']
    for workload, metric, peer, theirs, ours, goal in goal_rows(bench):
        cells = []
        ratios = []
        for name in ('acc-gcc', 'acc-clang'):
            ratio = ours[name] / theirs if ours[name] else None
            ratios.append(ratio)
            cells += [number(ours[name]), '' if ratio is None else f'{ratio:.2f}']
        reached = min(r for r in ratios if r is not None) <= goal
        title = f'{workload.upper().replace("FRAMES", "-")} {goals.TITLES[workload]}'
        lines.append(f'| {title} | {metric} | {peer} | {number(theirs)} | {" | ".join(cells)} | {goal} '
                     f'| {"" if reached else "missed"} |')
    for workload, metric, limit in goals.LIMITS:
        ours = [bench.median(workload, metric, p) for p in ('acc-gcc', 'acc-clang')]
        if any(ours):
            lines.append(f'| {workload.upper()} {goals.TITLES[workload]} | {metric} | | | {number(ours[0])} | | {number(ours[1])} '
                         f'| | {limit} | {"" if min(filter(None, ours)) <= limit else "missed"} |')
    return '\n'.join(lines)


def all_figures(bench):
    """Every median and its ratio to ours, a table per workload."""
    text = []
    for workload in dict.fromkeys(w for w, _, _ in bench.figures):
        metrics = list(dict.fromkeys(m for w, m, _ in bench.figures if w == workload))
        peers = list(dict.fromkeys(p for w, _, p in bench.figures if w == workload))
        text.append(f'\n### {workload.upper()} {goals.TITLES[workload]}\n\n| | {" | ".join(metrics)} |')
        text.append('|---|' + '---|' * len(metrics))
        for peer in peers:
            cells = []
            for metric in metrics:
                value, ours = bench.median(workload, metric, peer), bench.median(workload, metric, 'acc-gcc')
                ratio = f' ({ours / value:.2f})' if value and ours and peer != 'acc-gcc' else ''
                cells.append(number(value) + ratio)
            text.append(f'| {peer} | {" | ".join(cells)} |')
    return '\n'.join(text)


# ---- drawings --------------------------------------------------------------------------------------------------------

INK, GRID, OURS_COLOUR, THEIRS_COLOUR = '#444', '#ddd', '#2a6fb0', '#b9bec5'
COLOURS = ['#2a6fb0', '#d1662a', '#3c8c48', '#8a4f9e', '#a8892c']


def svg(width, height, body):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
            f'font-size="11" fill="{INK}"><rect width="{width}" height="{height}" fill="white"/>\n'
            + '\n'.join(body) + '\n</svg>\n')


def text(x, y, words, anchor='start', extra=''):
    words = words.replace('&', '&amp;').replace('<', '&lt;')
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {extra}>{words}</text>'


CHART = [  # workload, metric, unit, peers shown
    ('w1', 'ns_per_await', 'ns per await', ('rust-std', 'cpp20-clang', 'node', 'asyncio')),
    ('w2b', 'ns_per_yield', 'ns per yield', ('cpp20-gcc', 'tokio', 'go', 'node', 'asyncio')),
    ('w3b', 'ns_per_task', 'ns per task', ('cpp20-gcc', 'tokio', 'go', 'node', 'asyncio')),
    ('w4', 'bytes_per_task', 'bytes per sleeper', ('libuv', 'tokio', 'go', 'node', 'asyncio')),
    ('w12', 'ns_per_child', 'ns per child of gather', ('cpp20-gcc', 'tokio', 'go', 'node', 'asyncio')),
    ('w9', 'server_cpu_us_per_req', 'us CPU per HTTP request', ('c-epoll', 'hyper', 'nginx', 'go', 'node')),
]


def bars(bench, left, top, workload, metric, unit, peers):
    """A panel of horizontal bars, logarithmic: from a third of the smallest figure to the largest."""
    values = [(p, bench.median(workload, metric, p)) for p in ('acc-gcc', *peers)]
    values = [(p, v) for p, v in values if v]
    low, high = math.log(min(v for _, v in values) / 3), math.log(max(v for _, v in values))
    out = [text(left, top, f'{goals.TITLES[workload]}: {unit}', extra='font-weight="bold"')]
    for i, (peer, value) in enumerate(values):
        y = top + 9 + 17 * i
        length = 150 * (math.log(value) - low) / (high - low or 1)
        colour = OURS_COLOUR if peer == 'acc-gcc' else THEIRS_COLOUR
        out.append(text(left + 62, y + 11, 'Async C' if peer == 'acc-gcc' else peer, 'end'))
        out.append(f'<rect x="{left + 68}" y="{y}" width="{length:.1f}" height="13" fill="{colour}"/>')
        out.append(text(left + 72 + length, y + 11, number(value)))
    return out


def chart(bench):
    panels = [p for p in CHART if bench.median(p[0], p[1], 'acc-gcc')]
    body = []
    for i, panel in enumerate(panels):
        body += bars(bench, 20 + 270 * (i % 3), 24 + 135 * (i // 3), *panel)
    rows = (len(panels) + 2) // 3
    body.append(text(20, 135 * rows + 20, 'Less is better. Bars are logarithmic; one thread; what is measured: tests/bench.'))
    return svg(830, 135 * rows + 34, body)


def growth_chart(growth):
    """growth[kind] = {n: ns}: both axes logarithmic."""
    points = [(n, v) for line in growth.values() for n, v in line.items()]
    top = 10 ** math.ceil(math.log10(max(v for _, v in points)))
    bottom = 10 ** math.floor(math.log10(min(v for _, v in points)))
    last = math.ceil(math.log10(max(n for n, _ in points)))

    def x(n):
        return 60 + 400 * (math.log10(n) - 2) / (last - 2)

    def y(v):
        return 240 - 210 * (math.log10(v) - math.log10(bottom)) / (math.log10(top) - math.log10(bottom))

    body = [text(60, 16, 'ns per operation, by how many there are at a time', extra='font-weight="bold"')]
    for power in range(2, last + 1):
        body.append(f'<line x1="{x(10 ** power)}" y1="30" x2="{x(10 ** power)}" y2="240" stroke="{GRID}"/>')
        body.append(text(x(10 ** power), 256, f'{10 ** power:,}', 'middle'))
    v = bottom
    while v <= top:
        body.append(f'<line x1="60" y1="{y(v):.1f}" x2="460" y2="{y(v):.1f}" stroke="{GRID}"/>')
        body.append(text(54, y(v) + 4, f'{v:g}', 'end'))
        v *= 10
    for (kind, line), colour in zip(growth.items(), COLOURS):
        path = ' '.join(f'{x(n):.1f},{y(v):.1f}' for n, v in sorted(line.items()))
        body.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        end = max(line)
        body.append(text(x(end) + 6, y(line[end]) + 4, kind, extra=f'style="fill:{colour}"'))
    return svg(570, 266, body)
