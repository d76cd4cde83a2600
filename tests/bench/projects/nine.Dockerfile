# The project nine as one would write it by hand: requirements first, so that their layer is reused while they stay.
FROM slipway/debian-12:build
USER root
WORKDIR /app
COPY ca.crt /etc/ssl/bench.crt
ENV SSL_CERT_FILE=/etc/ssl/bench.crt PIP_CERT=/etc/ssl/bench.crt \
    PIP_BREAK_SYSTEM_PACKAGES=1 PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements.txt ./
RUN pip install -r requirements.txt
COPY . .
RUN python3 manage.py collectstatic --noinput
ENV PORT=5000
CMD ["bash", "-c", "exec gunicorn nine.wsgi -b :$PORT"]
