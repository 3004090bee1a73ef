"""How costs grow with how many there are: tasks, waiters, timers, spawns (growth.ac), and connections (echo.ac)."""
import os
import resource

import measure

NUMBERS = [10 ** k for k in range(2, 7)]


def medians(bench, kind, repetitions, compiler):
    line = {}
    for n in NUMBERS:
        for _ in range(repetitions):
            command = [bench.program(f'growth-acc-{compiler}'), kind, str(n)]
            out, error = measure.quietest(lambda: measure.run(command, {'AC_CLOCK': 'virtual'}, '0', 120))
            if error:
                print(f'growth of {kind}: {error}', flush=True)
                return line
            bench.add(kind, n, 'growth', float(out.split()[3]))
        line[n] = bench.median(kind, n, 'growth')
    return line


def connections(bench):
    """The server's CPU time per request, in ns."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    counts = [n for n in (100, 1000, 10_000, 100_000) if n < hard - 100]
    if hard - 100 not in counts and hard < 28_000:
        counts.append(hard - 100)
    figures = measure.with_server(bench, 'acc-gcc', [bench.program('echo-acc-gcc')], {},
                                  measure.echo_load(bench, counts))
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return {n: figures[f'c{n}_server_cpu_us_per_req'] * 1000 for n in counts
            if f'c{n}_server_cpu_us_per_req' in figures}


def measure_growth(bench, repetitions=3, compiler='gcc'):
    growth = {kind: medians(bench, kind, repetitions, compiler) for kind in ('tasks', 'waiters', 'timers', 'joins')}
    if os.path.exists(bench.program('loadgen')):
        growth['connections'] = connections(bench)
    return {kind: line for kind, line in growth.items() if line}


def table(growth):
    numbers = sorted({n for line in growth.values() for n in line})
    rows = ['| ns per operation | ' + ' | '.join(f'{n:,}' for n in numbers) + ' |', '|---|' + '---|' * len(numbers)]
    for kind, line in growth.items():
        rows.append(f'| {kind} | ' + ' | '.join(f'{line[n]:,.0f}' if n in line else '' for n in numbers) + ' |')
    return '\n'.join(rows)
