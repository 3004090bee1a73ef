"""nginx.py FOLDER CERTIFICATES PROGRAM [ARGUMENT...]: runs a program with an nginx on loopback that serves FOLDER/www,
by HTTP and by TLS with HTTP/2; their URLs are in the environment (URL, URL_tls)."""
import os
import socket
import subprocess
import sys
import time

folder, certificates, *command = sys.argv[1:]
folder, certificates = os.path.abspath(folder), os.path.abspath(certificates)


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


plain, tls = free_port(), free_port()
with open(f'{folder}/nginx.conf', 'w', encoding='utf-8') as file:
    file.write(f'''
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off; gzip on; gzip_types text/plain; gzip_min_length 1; keepalive_requests 100000;
    client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
    uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5; default_type text/plain;
    server {{
        listen 127.0.0.1:{plain}; listen 127.0.0.1:{tls} ssl http2;
        ssl_certificate {certificates}/good.pem; ssl_certificate_key {certificates}/good.key;
        root {folder}/www;
        location /moved {{ return 301 /page.txt; }}
        location /connection {{ return 200 $connection; }}
    }}
}}
''')
with subprocess.Popen(['nginx', '-c', f'{folder}/nginx.conf', '-e', 'stderr'], stderr=subprocess.DEVNULL) as server:
    for _ in range(200):
        if socket.socket().connect_ex(('127.0.0.1', tls)) == 0:
            break
        time.sleep(0.02)
    status = subprocess.run(command, env={**os.environ, 'URL': f'http://127.0.0.1:{plain}',
                                          'URL_tls': f'https://localhost:{tls}'}, check=False).returncode
    server.terminate()
sys.exit(status)
