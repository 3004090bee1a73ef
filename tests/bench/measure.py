"""Measures workloads, ours and the peers': the programs, how each is called, and how the noise of a machine is kept out.

Repetitions go round robin over the programs, so that a noisy minute hits all of them; a run during which other
processes took more than a tenth of a CPU is repeated once, and the quieter one counts. A figure is the median.
"""
import os
import shutil
import socket
import statistics
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = ['/usr/bin/python3', os.path.join(HERE, 'peers', 'python', 'bench.py')]
NODE = ['node', os.path.join(HERE, 'peers', 'node', 'bench.js')]
OURS = ['acc-gcc', 'acc-clang']
BARE = ['cpp20-gcc', 'cpp20-clang', 'cpp20-clang-elide']
ASIO = ['asio-gcc', 'asio-clang']
TOKIO = ['tokio', 'tokio-mt']
GO = ['go', 'go-mt']
PY = ['asyncio', 'uvloop']


class Bench:
    """The folder with the built programs, and the figures taken so far: figures[workload, metric, program] = values."""

    def __init__(self, build, only_peers=None, quick=False):
        self.build = build
        self.only_peers = only_peers
        self.quick = quick
        self.figures = {}
        self.port = 7200

    def program(self, name):
        return os.path.join(self.build, name)

    def wants(self, peer):
        return self.only_peers is None or peer in OURS or peer in self.only_peers

    def add(self, workload, metric, peer, value):
        self.figures.setdefault((workload, metric, peer), []).append(value)

    def median(self, workload, metric, peer):
        values = self.figures.get((workload, metric, peer))
        return statistics.median(values) if values else None


def peer_command(bench, peer):
    """How a peer is called for workloads on the CPU: command, environment, CPUs it may use."""
    return {
        'asyncio': (PYTHON, {}, '0'),
        'uvloop': (PYTHON + ['--uvloop'], {}, '0'),
        'node': (NODE, {}, '0'),
        'tokio-mt': ([bench.program('tokio')], {}, '0,1'),
        'go': ([bench.program('go-bench')], {'GOMAXPROCS': '1'}, '0'),
        'go-mt': ([bench.program('go-bench')], {'GOMAXPROCS': '2'}, '0,1'),
    }.get(peer, ([bench.program(peer)], {}, '0'))


def sizes(n, *peers, **other):
    """N per peer: the workload's own N, less where a peer would take too long."""
    return {**{p: n for p in OURS}, **{p: n for p in peers}, **other}


# workload -> (repetitions, time limit in s, {program: N})
WORKLOADS = {
    'w1': (5, 60, sizes(20_000_000, 'c-epoll', *BARE, *ASIO, 'rust-std', 'tokio', 'go',
                        node=10_000_000, asyncio=5_000_000, uvloop=5_000_000, vala=500_000)),
    'w1_pointer': (5, 60, sizes(20_000_000)),
    'w1_extern': (5, 60, sizes(20_000_000)),
    'w1_boxed': (5, 60, {'rust-std': 20_000_000, 'tokio': 20_000_000}),
    'w2a': (5, 60, sizes(5_000_000, 'c-epoll', *BARE, *ASIO, 'rust-std', *TOKIO, 'go', 'libuv',
                         node=500_000, asyncio=500_000, uvloop=500_000, vala=1_000_000)),
    'w2b': (5, 60, sizes(5000, 'c-epoll', *BARE, *ASIO, 'rust-std', *TOKIO, *GO, 'libuv',
                         node=1000, asyncio=500, uvloop=500, vala=1000)),
    'w3a': (5, 60, sizes(2_000_000, *BARE, *ASIO, 'rust-std', *TOKIO, *GO, 'node', asyncio=200_000, uvloop=200_000)),
    'w3b': (5, 60, sizes(100_000, *BARE, *ASIO, 'rust-std', *TOKIO, *GO, 'node', 'vala', *PY)),
    'w4': (3, 120, sizes(1_000_000, 'c-epoll', *ASIO, *TOKIO, *GO, 'libuv', 'node', *PY)),
    'w5': (5, 60, sizes(1000, *BARE, *ASIO, *TOKIO, *GO, node=200, asyncio=200, uvloop=200)),
    'w6': (5, 60, sizes(5_000_000, *BARE, *ASIO, *TOKIO, *GO, node=2_000_000, asyncio=1_000_000, uvloop=1_000_000)),
    'w7a': (5, 60, sizes(10_000_000, *BARE, 'tokio', 'node', asyncio=5_000_000, uvloop=5_000_000)),
    'w7b': (5, 60, sizes(1_000_000, *BARE, 'tokio', 'go', node=500_000, asyncio=500_000, uvloop=500_000)),
    'w10': (5, 60, sizes(1_000_000, *ASIO, *TOKIO, *GO, 'libuv', node=100_000, asyncio=100_000, uvloop=100_000)),
    'w11': (3, 120, sizes(1_000_000, 'c-epoll', *ASIO, *TOKIO, *GO, 'libuv', 'node', *PY)),
    'w12': (5, 60, sizes(100_000, *BARE, *ASIO, 'rust-std', *TOKIO, *GO, node=20_000, asyncio=20_000, uvloop=20_000)),
    'w13': (5, 60, sizes(1_000_000, *BARE, *ASIO, 'go')),
}


def servers(bench, workload):
    """Server -> (command, environment), without the port."""
    if workload == 'w8':
        return {
            'acc-gcc': ([bench.program('echo-acc-gcc')], {}),
            'acc-clang': ([bench.program('echo-acc-clang')], {}),
            'c-epoll': ([bench.program('c-epoll-server'), 'echo'], {}),
            'libuv': ([bench.program('libuv'), 'echo'], {}),
            'asio-gcc': ([bench.program('asio-gcc'), 'echo'], {}),
            'asio-clang': ([bench.program('asio-clang'), 'echo'], {}),
            'tokio': ([bench.program('tokio'), 'echo'], {}),
            'go': ([bench.program('go-bench'), 'echo'], {'GOMAXPROCS': '1'}),
            'node': (NODE + ['echo'], {}),
            'asyncio': (PYTHON + ['echo'], {}),
            'uvloop': (PYTHON + ['--uvloop', 'echo'], {}),
        }
    nginx = ['nginx', '-c', os.path.join(HERE, 'peers', 'nginx.conf'), '-p', bench.build + '/', '-e', 'stderr']
    program = 'http-acc' if workload == 'w9' else 'http_server-acc'
    return {
        'acc-gcc': ([bench.program(program + '-gcc')], {}),
        'acc-clang': ([bench.program(program + '-clang')], {}),
        'c-epoll': ([bench.program('c-epoll-server'), 'http'], {}),
        'hyper': ([bench.program('tokio'), 'http'], {}),
        'go': ([bench.program('go-bench'), 'http'], {'GOMAXPROCS': '1'}),
        'node': (NODE + ['http'], {}),
        'asyncio': (PYTHON + ['http'], {}),
        'uvloop': (PYTHON + ['--uvloop', 'http'], {}),
        'nginx': (nginx, {}),
    }


# ---- quiet -----------------------------------------------------------------------------------------------------------

def busy_seconds():
    """CPU time the whole machine has used, and what the reaped children of this process have of it."""
    with open('/proc/stat') as f:
        user, nice, system, _, _, irq, softirq, steal = map(int, f.readline().split()[1:9])
    t = os.times()
    return (user + nice + system + irq + softirq + steal) / os.sysconf('SC_CLK_TCK'), t.children_user + t.children_system


def quietest(measure, server_seconds=lambda: 0.0):
    """Runs measure(), again if the rest of the machine was busy meanwhile; gives the quieter result."""
    best = None
    for _ in range(2):
        (busy, ours), server, start = busy_seconds(), server_seconds(), time.monotonic()
        result = measure()
        wall = time.monotonic() - start
        (busy_after, ours_after), server_after = busy_seconds(), server_seconds()
        others = (busy_after - busy - (ours_after - ours) - (server_after - server)) / wall
        if best is None or others < best[0]:
            best = others, result
        if others < 0.1 + 0.03 / wall:
            break
    return best[1]


def pinned(cpus, real_time=False):
    """Prefix of a command. Where both ends sleep, real time keeps others from taking the CPU for milliseconds."""
    return (['chrt', '-r', '1'] if real_time and os.geteuid() == 0 else []) + ['taskset', '-c', cpus]


def run(command, env, cpus, limit, real_time=False):
    """(output, None) or (None, what went wrong)."""
    try:
        done = subprocess.run(pinned(cpus, real_time) + command, env={**os.environ, **env}, capture_output=True,
                              text=True, timeout=limit)
    except subprocess.TimeoutExpired:
        return None, f'more than {limit} s'
    if done.returncode:
        return None, f'status {done.returncode}: {done.stderr.strip()[:200]}'
    return done.stdout, None


def note(bench, workload, peer, out, error, failed):
    """Adds the figures that a program has printed. A peer that fails is left out from now on."""
    if error:
        failed.add(peer)
        print(f'{workload}: {peer}: {error}', flush=True)
        return
    for line in out.splitlines():
        _, _, metric, value, _ = line.split()
        bench.add(workload, metric, peer, float(value))


# ---- workloads on the CPU --------------------------------------------------------------------------------------------

def measure_cpu(bench, workload, repetitions):
    standard, limit, counts = WORKLOADS[workload]
    failed = set()
    for _ in range(repetitions or standard):
        for peer, n in counts.items():
            command, env, cpus = peer_command(bench, peer)
            if peer in failed or not bench.wants(peer) or not shutil.which(command[0]):
                continue
            n = max(n // 1000, 2) if bench.quick else n
            args = [workload, str(n)] + (['mt'] if peer == 'tokio-mt' else [])
            out, error = quietest(lambda: run(command + args, env, cpus, limit))
            note(bench, workload, peer, out, error, failed)


# ---- servers ---------------------------------------------------------------------------------------------------------

def wait_for_port(port):
    for _ in range(100):
        try:
            socket.create_connection(('127.0.0.1', port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f'no server on port {port}')


def with_server(bench, name, command, env, client):
    """Starts a server on CPU 1, calls client(port, pid), stops it."""
    bench.port += 1
    port = 7199 if name == 'nginx' else bench.port
    args = [] if name == 'nginx' else [str(port)]
    server = subprocess.Popen(pinned('1', True) + command + args, env={**os.environ, **env},
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for_port(port)
        return client(port, server.pid)
    finally:
        server.terminate()
        server.wait()


def pairs(text):
    words = text.split()
    return {k: float(v) for k, v in zip(words[::2], words[1::2])}


def cpu_ns(pid):
    return sum(int(open(f'/proc/{pid}/task/{t}/schedstat').read().split()[0]) for t in os.listdir(f'/proc/{pid}/task'))


def echo_load(bench, connections=(1, 64, 1000)):
    def client(port, pid):
        figures = {}
        seconds = '0.5' if bench.quick else '3'
        for count in connections:
            load = [bench.program('loadgen'), str(port), str(count), seconds, str(pid)]
            out, error = quietest(lambda: run(load, {}, '0', 60, True), lambda: cpu_ns(pid) / 1e9)
            if error:
                print(f'{count} connections: {error}', flush=True)
                continue
            figures.update({f'c{count}_{k}': v for k, v in pairs(out).items()})
        return figures
    return client


def microseconds(text):
    return float(text.rstrip('mus')) * (1 if text.endswith('us') else 1e3 if text.endswith('ms') else 1e6)


def http_load(bench):
    def client(port, pid):
        url = f'http://127.0.0.1:{port}/'
        run(['wrk', '-t1', '-c64', '-d1s', url], {}, '0', 30, True)

        def measure():
            before = cpu_ns(pid)
            out, error = run(['wrk', '-t1', '-c64', '-d1s' if bench.quick else '-d4s', '--latency', url], {}, '0', 30, True)
            return out, error, cpu_ns(pid) - before

        out, error, server_ns = quietest(measure, lambda: cpu_ns(pid) / 1e9)
        if error or 'Non-2xx' in out or 'Socket errors' in out:
            print(f'wrk: {error or "bad replies"}', flush=True)
            return {}
        fields = {line.split()[0]: line.split()[1] for line in out.splitlines() if len(line.split()) == 2}
        requests = next(float(line.split()[0]) for line in out.splitlines() if ' requests in ' in line)
        return {'rps': float(fields['Requests/sec:']), 'p50_us': microseconds(fields['50%']),
                'p99_us': microseconds(fields['99%']), 'server_cpu_us_per_req': server_ns / 1e3 / requests}
    return client


def measure_servers(bench, workload, repetitions):
    client = echo_load(bench) if workload == 'w8' else http_load(bench)
    if workload != 'w8' and not shutil.which('wrk'):
        print(f'{workload}: wrk is missing', flush=True)
        return
    for _ in range(repetitions or 3):
        for peer, (command, env) in servers(bench, workload).items():
            if bench.wants(peer) and shutil.which(command[0]):
                for metric, value in with_server(bench, peer, command, env, client).items():
                    bench.add(workload, metric, peer, value)


# ---- clients ---------------------------------------------------------------------------------------------------------

def clients(bench):
    """HTTP client -> (command, environment), without URL and N."""
    return {
        'acc-gcc': ([bench.program('fetch-acc-gcc')], {}),
        'acc-clang': ([bench.program('fetch-acc-clang')], {}),
        'go': ([bench.program('fetch-go')], {'GOMAXPROCS': '1'}),
        'asyncio': (['/usr/bin/python3', os.path.join(HERE, 'peers', 'python', 'fetch.py')], {}),
    }


def fetch(command, env, count):
    def client(port, pid):
        load = command + [f'http://127.0.0.1:{port}/', str(count)]
        return quietest(lambda: run(load, env, '0', 120, True), lambda: cpu_ns(pid) / 1e9)
    return client


def measure_clients(bench, workload, repetitions):
    server, count = [bench.program('c-epoll-server'), 'http'], 200 if bench.quick else 10_000
    failed = set()
    for _ in range(repetitions or 5):
        for peer, (command, env) in clients(bench).items():
            if peer in failed or not bench.wants(peer) or not shutil.which(command[0]):
                continue
            out, error = with_server(bench, 'c-epoll', server, {}, fetch(command, env, count))
            note(bench, workload, peer, out, error, failed)


# ---- start-up and size -----------------------------------------------------------------------------------------------

def measure_startup(bench):
    hello = {name[len('hello-'):]: [bench.program(name)] for name in sorted(os.listdir(bench.build))
             if name.startswith('hello-') and not name.endswith('.stripped')}
    hello.update(node=NODE + ['w14'], asyncio=PYTHON + ['w14'], uvloop=PYTHON + ['--uvloop', 'w14'])
    for peer, command in hello.items():
        if not bench.wants(peer) or not shutil.which(command[0]):
            continue
        out, error = run([bench.program('startup'), '21'] + command, {}, '0', 120)
        if error:
            print(f'w14: {peer}: {error}', flush=True)
            continue
        for metric, value in pairs(out).items():
            bench.add('w14', metric, peer, value)
        if command[0].startswith(bench.build):
            stripped = command[0] + '.stripped'
            subprocess.run(['strip', '-o', stripped, command[0]], check=True)
            bench.add('w14', 'stripped_kb', peer, os.path.getsize(stripped) / 1024)


# ---- frames ----------------------------------------------------------------------------------------------------------

def measure_frames(bench):
    """The twenty frames' sizes, each as a metric, and their sum."""
    for peer, program in {'acc-gcc': 'frames-acc-gcc', 'acc-clang': 'frames-acc-clang', 'rust-std': 'frames-rust'}.items():
        if not os.path.exists(bench.program(program)):
            continue
        frames = pairs(subprocess.run([bench.program(program)], capture_output=True, text=True, check=True).stdout)
        for name, value in [*frames.items(), ('sum', sum(frames.values()))]:
            bench.add('frames', name, peer, value)


def measure(bench, workload, repetitions):
    if workload in WORKLOADS:
        measure_cpu(bench, workload, repetitions)
    elif workload in ('w8', 'w9', 'w9_server'):
        measure_servers(bench, workload, repetitions)
    elif workload == 'w16':
        measure_clients(bench, workload, repetitions)
    elif workload == 'w14':
        measure_startup(bench)
    else:
        measure_frames(bench)


ALL = [*WORKLOADS, 'w8', 'w9', 'w9_server', 'w14', 'w16', 'frames']
