"""with_server.py SERVER PROGRAM [ARGUMENT...]: starts a server, whose first line of output is its URL, runs a program
with the URL in place of "URL" in its arguments, ends the server with SIGTERM, and exits with the program's status, or
the server's if that did not end well."""
import subprocess
import sys

with subprocess.Popen([sys.argv[1], '0'], stdout=subprocess.PIPE, text=True) as server:
    url = server.stdout.readline().strip()
    arguments = [argument.replace('URL', url) for argument in sys.argv[2:]]
    status = subprocess.run(arguments, check=False, timeout=60).returncode
    server.terminate()
sys.exit(status or server.returncode)
