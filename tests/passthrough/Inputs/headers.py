"""headers.py ACC FOLDER [--each]: compiles the C headers of some packages with acc, in a file that has an async function.

--together: all that can be included one after the other in one file. --each: each header in a file of its own.
A header that the C compiler itself does not take is left out.
"""
import concurrent.futures
import os
import re
import subprocess
import sys

PACKAGES = ['libc6-dev', 'linux-libc-dev', 'libssl-dev', 'libcurl4-openssl-dev', 'libsqlite3-dev', 'zlib1g-dev']
TAIL = """
async int twice(int n) { return 2 * n; }
async int four(void) { return await twice(await twice(1)); }
"""
acc, folder, way = sys.argv[1:4]
cc = os.environ.get('ACC_CC', 'cc')


def headers():
    """As they are written in an #include, in a stable order."""
    found = set()
    for package in PACKAGES:
        listed = subprocess.run(['dpkg', '-L', package], capture_output=True, text=True, check=False).stdout.split()
        for path in listed:
            for top in ('/usr/include/x86_64-linux-gnu/', '/usr/include/'):
                if path.startswith(top) and path.endswith('.h'):
                    found.add(path[len(top):])
                    break
    return sorted(found)


def text(names):
    return '#define _GNU_SOURCE 1\n' + ''.join(f'#include <{name}>\n' for name in names)


def run(command, names, tail, suffix):
    path = os.path.join(folder, f'{os.getpid()}-{abs(hash(tuple(names)))}{suffix}')
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text(names) + tail)
    done = subprocess.run([*command, '-w', '-c', path, '-o', '/dev/null'], capture_output=True, text=True, check=False)
    os.unlink(path)
    return done


def accepted_by_cc(names):
    return run([cc, '-fsyntax-only'], names, '', '.c').returncode == 0


def together(names):
    """Those that go into one file: leaves out, again and again, the headers that the C compiler's errors come from."""
    while True:
        errors = run([cc, '-fsyntax-only', '-fmax-errors=0'], names, '', '.c').stderr
        blamed = {int(line) for line in re.findall(r'^(?:.*from )?\S+\.c:(\d+)[:,]', errors, re.M)}
        if not blamed:
            return names
        names = [name for line, name in enumerate(names, 2) if line not in blamed]


def check(names):
    """What acc says against these headers, or an empty string."""
    done = run([acc], names, TAIL, '.ac')
    return '' if done.returncode == 0 else f'status {done.returncode}: ' + ''.join(done.stderr.splitlines(True)[:4])


def check_together():
    chosen = together(headers())
    wrong = check(chosen)
    print(f'{len(chosen)} headers together: {wrong or "accepted"}')
    return bool(wrong)


def check_each():
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        names = headers()
        fine = [name for name, fits in zip(names, pool.map(lambda name: accepted_by_cc([name]), names)) if fits]
        for name, wrong in zip(fine, pool.map(lambda name: check([name]), fine)):
            if wrong:
                print(f'{name}: {wrong}')
                failed += 1
    print(f'{len(fine)} headers, {failed} refused')
    return failed


sys.exit(1 if (check_together() if way == '--together' else check_each()) else 0)
