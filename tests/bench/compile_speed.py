"""The compiler's own speed: generated programs of any length, through acc and, without the keywords, through the C
compiler behind it. `dense` has an await in every fourth line, and its callees are elsewhere; `service` is like most
programs: an await in every ninth line, callees in the same file."""
import os
import statistics
import time

INPUTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'Inputs')

FUNCTION = '''
async int work{i}(int n, const char *name)
{{
    int sum = 0, parts[8] = {{0}};
    for (int i = 0; i < n; i++) {{
        if (i % 3 == 0)
            sum += await step(i) + {i};
        else if (name[i % 4] == 'x')
            parts[i % 8] = await step(sum - i);
        else
            sum -= i * {i};
    }}
    switch (sum % 4) {{
    case 0: return await step(sum);
    case 1: await pause_for(sum); break;
    default: sum += parts[sum & 7] ? await {callee}(n - 1, name) : 0;
    }}
    return sum + use(parts, n);
}}
'''

HEAD = '''/* Generated. */
async int step(int n);
async void pause_for(int n);
int use(int *parts, int n);
'''


def dense(lines):
    """A file of about that many lines."""
    per_function = FUNCTION.count('\n')
    functions = [FUNCTION.format(i=i, callee=f'work{i - 1}' if i % 50 else 'work_first')
                 for i in range(max(1, lines // per_function))]
    end = '\nint use_all(int n);\nint use_all(int n) { return n; }\n'
    first = 'static async int work_first(int n, const char *name) { return name[0] + await step(n); }\n'
    return HEAD + first + ''.join(functions) + f'typedef async int work(int n, const char *name);\nwork *last = work{len(functions) - 1};\n' + end


def service(lines):
    """A file of about that many lines."""
    with open(os.path.join(INPUTS, 'service_head.ac')) as head, open(os.path.join(INPUTS, 'service_part.ac')) as part:
        text, function = head.read(), part.read()
    count = max(1, (lines - text.count('\n')) // (function.count('\n') + 1))
    calls = ''.join(f'    sum += await serve{i}(0);\n' for i in range(count))
    return (text + ''.join(function.replace('@N@', str(i)) for i in range(count))
            + f'\nasync int main(void)\n{{\n    int sum = 0;\n{calls}    return sum & 1;\n}}\n')


def run(command):
    """(CPU seconds, wall seconds, largest resident memory in MB) of a command and what it starts."""
    start = time.monotonic()
    pid = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(pid, 0)
    wall = time.monotonic() - start
    if status:
        raise SystemExit(f'failed: {" ".join(command)}')
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024


def timed(command, repetitions):
    """(median CPU seconds, largest resident memory in MB) of some runs."""
    runs = [run(command) for _ in range(repetitions)]
    return statistics.median(r[0] for r in runs), max(r[2] for r in runs)


def compared(ours, theirs, repetitions):
    """CPU and wall-clock time of two commands that take turns, and the median ratio of the turns."""
    turns = [(run(ours), run(theirs)) for _ in range(repetitions)]
    texts = []
    for i, name in enumerate(('CPU', 'wall')):
        mine, other = (statistics.median(turn[side][i] for turn in turns) for side in (0, 1))
        ratio = statistics.median(turn[0][i] / turn[1][i] for turn in turns)
        texts.append(f'{name} {mine * 1e3:.0f} / {other * 1e3:.0f} ms = {ratio:.2f}')
    return ', '.join(texts)


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, 'w') as f:
        f.write(text)
    return path


def measure_compiler(acc, compiler, folder, repetitions=5):
    """Rows of a table in Markdown."""
    os.environ['ACC_CC'] = compiler
    rows = ['| what | figure | goal |', '|---|---|---|']
    include = os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(acc))), 'include')
    erase = ['-x', 'c', '-w', '-Dasync=', '-Dawait=', '-I', include]
    output = os.path.join(folder, 'compiled.o')
    for lines in (100, 1000, 10_000, 100_000):
        path = write(folder, f'lines{lines}.ac', dense(lines))
        once = max(1, min(repetitions, 30_000 // lines))
        seconds, memory = timed([acc, '--emit-c', path, '-o', os.path.join(folder, 'lowered.c')], once)
        rows.append(f'| acc --emit-c, {lines:,} lines | {seconds:.3f} s, {seconds / lines * 1e6:.1f} us per line, '
                    f'{memory:.0f} MB | linear |')
    for kind, lines, goals in ((service, 1000, (1.5, 2.0)), (service, 10_000, (1.3, 2.0)), (dense, 10_000, (1.3, 2.0))):
        path = write(folder, f'{kind.__name__}{lines}.ac', kind(lines))
        for level, goal in zip(('-O2', '-O0'), goals):
            figure = compared([acc, '-w', '-c', level, path, '-o', output],
                              [compiler, '-c', level, *erase, path, '-o', output], repetitions)
            rows.append(f'| acc -c {level}, {kind.__name__}, {lines:,} lines, to {compiler} alone on the erased file '
                        f'| {figure} | {goal} |')
    hello = write(folder, 'hello.ac', '#include <ac.h>\n#include <stdio.h>\nasync int main(void)\n'
                  '{\n    await ac_yield();\n    puts("hello");\n    return 0;\n}\n')
    plain = write(folder, 'hello.c', '#include <stdio.h>\nint main(void)\n{\n    puts("hello");\n    return 0;\n}\n')
    program_file = os.path.join(folder, 'hello-compiled')
    figure = compared([acc, hello, '-o', program_file], [compiler, plain, '-o', program_file], repetitions * 3)
    rows.append(f'| hello world, to {compiler} on one in C | {figure} | 2 |')
    return '\n'.join(rows)
