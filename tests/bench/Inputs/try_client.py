"""try_client.py SERVER CLIENT: starts the server on a port of its own choice and has the client fetch 500 pages."""
import subprocess
import sys

server = subprocess.Popen([sys.argv[1], '0'], stdout=subprocess.PIPE, text=True)
try:
    port = int(server.stdout.readline())
    sys.exit(subprocess.run([sys.argv[2], f'http://127.0.0.1:{port}/', '500'], check=False, timeout=50).returncode)
finally:
    server.kill()
    server.wait()
