"""What is aimed at: (workload, metric, peers, at most that many times the best of the peers; or `limit`, a figure)."""

BARE = ('cpp20-gcc', 'cpp20-clang', 'cpp20-clang-elide')
NO_ELIDE = ('cpp20-gcc', 'cpp20-clang')
OTHERS = ('libuv', 'asio-gcc', 'asio-clang', 'tokio', 'go', 'node', 'asyncio', 'uvloop')

RATIOS = [
    ('w1', 'ns_per_await', ('rust-std',), 1.0),
    ('w1_pointer', 'ns_per_await', ('rust-std w1_boxed',), 0.25),
    ('w1_pointer', 'ns_per_await', tuple(p + ' w1' for p in NO_ELIDE), 0.25),
    ('w1_extern', 'ns_per_await', ('rust-std w1_boxed',), 0.25),
    ('w2a', 'ns_per_yield', BARE, 1.5),
    ('w2a', 'ns_per_yield', ('tokio',), 0.2),
    ('w2b', 'ns_per_yield', BARE, 1.5),
    ('w2b', 'ns_per_yield', ('tokio',), 0.2),
    ('w3a', 'ns_per_task', BARE, 1.0),
    ('w3a', 'ns_per_task', ('tokio',), 0.1),
    ('w3b', 'ns_per_task', BARE, 1.0),
    ('w3b', 'ns_per_task', ('tokio',), 0.3),
    ('w4', 'bytes_per_task', ('libuv',), 1.0),
    ('w4', 'cpu', ('libuv',), 0.6),
    ('w4', 'bytes_per_task', ('tokio',), 0.12),
    ('w4', 'cpu', ('tokio',), 0.4),
    ('w5', 'ns_per_acquire', BARE, 1.0),
    ('w5', 'ns_per_acquire', ('tokio',), 0.08),
    ('w6', 'ns_per_item', ('cpp20-clang-elide',), 1.5),
    ('w6', 'ns_per_item', NO_ELIDE, 0.6),
    ('w6', 'ns_per_item', ('go',), 0.4),
    ('w7a', 'ns_per_item', BARE, 1.0),
    ('w7b', 'ns_per_item', BARE, 1.5),
    ('w8', 'c1_server_cpu_us_per_req', ('c-epoll',), 1.03),
    ('w8', 'c64_server_cpu_us_per_req', ('c-epoll',), 1.03),
    ('w8', 'c1000_server_cpu_us_per_req', ('c-epoll',), 1.03),
    ('w8', 'c64_server_cpu_us_per_req', OTHERS, 1.0),
    ('w8', 'c64_p99_us', ('c-epoll', *OTHERS), 1.1),
    ('w9', 'server_cpu_us_per_req', ('c-epoll',), 1.05),
    ('w9', 'server_cpu_us_per_req', ('hyper',), 0.95),
    ('w9', 'server_cpu_us_per_req', ('nginx',), 0.9),
    ('w9', 'server_cpu_us_per_req', ('go',), 0.4),
    ('w9_server', 'server_cpu_us_per_req', ('c-epoll',), 1.15),
    ('w9_server', 'server_cpu_us_per_req', ('hyper', 'nginx', 'go', 'node'), 1.0),
    ('w10', 'ns_per_op', ('libuv',), 0.6),
    ('w10', 'ns_per_op', ('tokio',), 0.2),
    ('w11', 'cpu', ('c-epoll',), 1.5),
    ('w11', 'cpu', ('libuv',), 0.3),
    ('w12', 'ns_per_child', BARE, 1.0),
    ('w12', 'ns_per_child', ('tokio',), 0.7),
    ('w13', 'bytes_per_level', BARE, 0.5),
    ('w13', 'ns_per_level', BARE, 1.0),
    ('w14', 'wall_ms', ('c-epoll',), 1.2),
    ('w14', 'peak_rss_kb', ('c-epoll',), 1.2),
    ('w16', 'cpu_us_per_req', ('asyncio',), 0.2),
    ('w16', 'cpu_us_per_req', ('go',), 1.0),
    ('frames', 'sum', ('rust-std',), 1.0),
]

LIMITS = [
    ('w14', 'stripped_kb', 80),
]

TITLES = {
    'w1': 'await that is ready', 'w1_pointer': 'await through a pointer', 'w1_extern': 'await of another file',
    'w2a': 'yield, 1 task', 'w2b': 'yield, 1000 tasks', 'w3a': 'spawn and await', 'w3b': '100k spawned, awaited',
    'w4': 'a million sleepers', 'w5': 'semaphore', 'w6': 'queue', 'w7a': 'generator', 'w7b': 'generator that yields',
    'w8': 'TCP echo', 'w9': 'HTTP', 'w9_server': 'HTTP, library',
    'w10': 'wait_for', 'w11': 'a million timers', 'w12': 'gather', 'w13': 'awaits deep',
    'w14': 'hello, world', 'w16': 'HTTP client', 'frames': 'twenty frames',
}
