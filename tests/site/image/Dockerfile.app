FROM cutover-site/base:12
COPY sample-site /usr/local/bin/sample-site
CMD ["sample-site", "app", "--role", "api"]
EXPOSE 5000
ARG VERSION
ARG FAULT
ENV APP_VERSION=$VERSION APP_FAULT=$FAULT
LABEL org.opencontainers.image.version=$VERSION
