package io.resnet4j.app.serve;

import io.resnet4j.InvalidInputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/** Certificate and key in PEM, as web servers take them. */
final class TlsFiles {
  private static final String BEGIN = "-----BEGIN PRIVATE KEY-----";
  private static final Pattern KEY = Pattern.compile(BEGIN + "([^-]+)-----END PRIVATE KEY-----");
  private static final char[] IN_MEMORY_ONLY = "in memory only".toCharArray();

  private TlsFiles() {}

  /**
   * @throws InvalidInputException if a file is missing or of another kind, or the two do not belong
   *     together
   */
  static SslContextFactory.Server context(ServeOptions.Tls tls) {
    Certificate[] chain = chain(tls.certificate());
    PublicKey certified = chain[0].getPublicKey();
    PrivateKey key = key(tls.key(), certified.getAlgorithm());
    if (!fits(key, certified)) {
      throw new InvalidInputException(
          "--tls-key "
              + tls.key()
              + ": is not the key of the first certificate in --tls-cert "
              + tls.certificate()
              + "; give the two that were made together, the server's own certificate first");
    }
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setKeyEntry("resnet4j", key, IN_MEMORY_ONLY, chain);
      SslContextFactory.Server context = new SslContextFactory.Server();
      context.setKeyStore(store);
      context.setKeyStorePassword(new String(IN_MEMORY_ONLY));
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new InvalidInputException(
          "--tls-cert " + tls.certificate() + ": is not one chain, the server's own first", e);
    }
  }

  /** A key store takes any pair, and only the first client would meet one that does not fit. */
  private static boolean fits(PrivateKey key, PublicKey certified) {
    String algorithm =
        switch (key.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          default -> key.getAlgorithm();
        };
    byte[] text = {1};
    try {
      Signature signature = Signature.getInstance(algorithm);
      signature.initSign(key);
      signature.update(text);
      byte[] signed = signature.sign();
      signature.initVerify(certified);
      signature.update(text);
      return signature.verify(signed);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private static Certificate[] chain(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      Certificate[] chain =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(in)
              .toArray(Certificate[]::new);
      if (chain.length > 0) {
        return chain;
      }
    } catch (IOException | GeneralSecurityException e) {
      throw new InvalidInputException(
          "--tls-cert " + file + ": no certificates in PEM can be read from it", e);
    }
    throw new InvalidInputException("--tls-cert " + file + ": holds no certificate");
  }

  private static PrivateKey key(Path file, String algorithm) {
    try {
      Matcher pem = KEY.matcher(Files.readString(file, StandardCharsets.ISO_8859_1));
      if (pem.find()) {
        byte[] der = Base64.getMimeDecoder().decode(pem.group(1));
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
      }
    } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
      throw new InvalidInputException(
          "--tls-key " + file + ": no " + algorithm + " key can be read from it", e);
    }
    throw new InvalidInputException(
        "--tls-key "
            + file
            + ": expected an unencrypted key in PEM beginning with "
            + BEGIN
            + "; 'openssl pkcs8 -topk8 -nocrypt -in FILE' makes one of others");
  }
}
