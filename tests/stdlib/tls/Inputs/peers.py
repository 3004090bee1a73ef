"""peers.py PROGRAM: OpenSSL's s_client asks PROGRAM's server, PROGRAM asks OpenSSL's s_server, and servers of Python's with
each of the certificates."""
import socket
import ssl
import subprocess
import sys
import threading

program = sys.argv[1]


def ask_ours():
    with subprocess.Popen([program], stdout=subprocess.PIPE, text=True) as server:
        port = server.stdout.readline().strip()
        client = subprocess.run(['openssl', 's_client', '-connect', f'127.0.0.1:{port}', '-servername', 'localhost', '-CAfile',
                                 'authority.pem', '-verify_return_error', '-verify_hostname', 'localhost', '-alpn', 'x',
                                 '-ign_eof'], input='hello\n', capture_output=True, text=True, timeout=20, check=False)
        server.wait(20)
    said = [line for line in client.stdout.splitlines() if line.startswith('you said')]
    print('s_client:', *said)
    verified = 'ok' if 'Verify return code: 0 (ok)' in client.stdout else 'failed'
    print(f'''s_client: verify {verified}, ALPN {'x' if 'ALPN protocol: x' in client.stdout else 'none'}''')


def ask_theirs():
    with socket.create_server(('127.0.0.1', 0)) as free:
        port = free.getsockname()[1]
    with subprocess.Popen(['openssl', 's_server', '-accept', f'127.0.0.1:{port}', '-cert', 'good.pem', '-naccept', '1', '-rev'],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as server:
        while 'ACCEPT' not in server.stdout.readline():
            pass
        client = subprocess.run([program, str(port)], capture_output=True, text=True, timeout=20, check=False)
        server.kill()
    print('s_server:', 'we got hello' if client.stdout == 'answer olleh\n' else client)


def answer(listener, context):
    try:
        with context.wrap_socket(listener.accept()[0], server_side=True) as connection:
            connection.sendall(connection.recv(100).upper())
            connection.unwrap()
    except (ssl.SSLError, OSError):
        pass # the client has refused us


def ask_python(certificate):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(f'{certificate}.pem')
    with socket.create_server(('127.0.0.1', 0)) as listener:
        thread = threading.Thread(target=answer, args=(listener, context))
        thread.start()
        client = subprocess.run([program, str(listener.getsockname()[1])], capture_output=True, text=True, timeout=20, check=False)
        thread.join()
    print(f'python {certificate}: {client.stdout.strip() or client.stderr}')


ask_ours()
ask_theirs()
for name in ('good', 'other', 'expired', 'self'):
    ask_python(name)
