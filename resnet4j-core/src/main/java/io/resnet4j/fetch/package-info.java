/**
 * Published files, from their official addresses into a cache: the catalogue of data sets and
 * trained weights, the download itself (checksum, resume, retries, proxies, offline mode) and what
 * becomes of a file afterwards. Everything that comes from outside is hostile until its checksum
 * says otherwise, and nothing bears its final name before. No training, no printing here.
 */
@NullMarked
package io.resnet4j.fetch;

import org.jspecify.annotations.NullMarked;
