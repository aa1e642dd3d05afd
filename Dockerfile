# The server in a container: docker build -t resnet4j . && docker run -p 127.0.0.1:8080:8080 -v "$PWD/models:/models:ro" resnet4j
# Built in one stage, together with a Java runtime of the modules that are needed; run from the other.

FROM eclipse-temurin:17-jdk-jammy AS build
WORKDIR /src
# What the distribution is made of, and the POMs of the modules that it leaves out.
COPY mvnw pom.xml resnet4j resnet4j.cmd LICENSE THIRD-PARTY.txt README.md CHANGELOG.md ./
COPY .mvn .mvn/
COPY docs/*.md docs/
COPY resnet4j-core resnet4j-core/
COPY resnet4j-app resnet4j-app/
COPY resnet4j-dist resnet4j-dist/
COPY resnet4j-bench/pom.xml resnet4j-bench/
COPY examples/pom.xml examples/
ENV MAVEN_USER_HOME=/maven
RUN --mount=type=cache,target=/maven \
    ./mvnw -B -ntp -Dmaven.repo.local=/maven/repository -Dmaven.test.skip=true -Pjlink -pl resnet4j-dist -am package \
    && mv resnet4j-dist/target/resnet4j-*-with-java/resnet4j-* /opt/resnet4j

FROM debian:12-slim
COPY --from=build /opt/resnet4j /opt/resnet4j
# The archive of classes that shortens starts can be written now and not by the user below.
RUN useradd --system --uid 10001 --user-group --create-home --home-dir /home/resnet4j resnet4j \
    && ln -s /opt/resnet4j/resnet4j /usr/local/bin/resnet4j \
    && resnet4j --version
USER 10001:10001
VOLUME ["/models"]
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /v2/health/live HTTP/1.0\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]
ENTRYPOINT ["resnet4j"]
# Within the container all addresses; who may come from outside is what -p says.
CMD ["serve", "--models", "/models", "--host", "0.0.0.0", "--port", "8080"]
