package roster

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/url"
	"time"

	"tocsin/core/topic"
	"tocsin/store/state"
)

// signingKey is the setting that holds the private key and its certificate, as
// two PEM blocks one after the other.
const signingKey = "sns/signing-key"

const (
	keyBits         = 2048
	certificateLife = 30 * 365 * 24 * time.Hour
	fingerprintLen  = 32
)

// A Signer signs documents with the key that all processes on a database share.
// It is immutable.
type Signer struct {
	key         *rsa.PrivateKey
	certificate []byte // PEM
	fingerprint string
}

// OpenSigner is the signer of a database. On first use it makes an RSA key and a
// certificate that the key signs itself, for the host of the site; when several
// processes do so at once, all get the same. Both stay when the site moves, so
// that what was signed before can be verified.
func OpenSigner(ctx context.Context, db *state.DB, site topic.Site, now time.Time) (*Signer, error) {
	var stored string
	err := db.View(ctx, func(tx *state.Tx) (err error) {
		stored, err = tx.Setting(ctx, signingKey)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the key that signs messages: %w", err)
	}
	if stored == "" {
		made, err := newSigningKey(rand.Reader, site, now)
		if err != nil {
			return nil, fmt.Errorf("make the key that signs messages: %w", err)
		}
		err = db.Update(ctx, func(tx *state.Tx) (err error) {
			stored, err = tx.InitSetting(ctx, signingKey, made)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("store the key that signs messages: %w", err)
		}
	}
	s, err := readSigner([]byte(stored))
	if err != nil {
		return nil, fmt.Errorf("the key that signs messages, as it is stored in setting %s: %w", signingKey, err)
	}
	return s, nil
}

// newSigningKey makes a key and its certificate.
func newSigningKey(random io.Reader, site topic.Site, now time.Time) (string, error) {
	u, err := url.Parse(string(site))
	if err != nil || u.Hostname() == "" {
		return "", fmt.Errorf("the site %q is no URL with a host", string(site))
	}
	key, err := rsa.GenerateKey(random, keyBits)
	if err != nil {
		return "", err
	}
	serial, err := rand.Int(random, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return "", err
	}
	template := &x509.Certificate{
		SerialNumber:          serial.Add(serial, big.NewInt(1)),
		Subject:               pkix.Name{CommonName: u.Hostname()},
		NotBefore:             now.Add(-time.Hour), // clocks of verifiers differ
		NotAfter:              now.Add(certificateLife),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		BasicConstraintsValid: true,
	}
	if ip := net.ParseIP(u.Hostname()); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{u.Hostname()}
	}
	certificate, err := x509.CreateCertificate(random, template, template, &key.PublicKey, key)
	if err != nil {
		return "", err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
	return string(text) + string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})), nil
}

func readSigner(stored []byte) (*Signer, error) {
	private, rest := pem.Decode(stored)
	if private == nil {
		return nil, errors.New("no PEM block")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(private.Bytes)
	if err != nil {
		return nil, errors.New("the first PEM block is no private key in PKCS #8")
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("the private key is not of RSA")
	}
	block, _ := pem.Decode(rest)
	if block == nil {
		return nil, errors.New("no PEM block of a certificate after the key")
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("the certificate: %w", err)
	}
	if !key.PublicKey.Equal(certificate.PublicKey) {
		return nil, errors.New("the certificate is of another key")
	}
	sum := sha256.Sum256(block.Bytes)
	return &Signer{
		key:         key,
		certificate: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: block.Bytes}),
		fingerprint: hex.EncodeToString(sum[:])[:fingerprintLen],
	}, nil
}

// Sign is the document with a signature, whose certificate is served at the site.
func (s *Signer) Sign(d topic.Document, version topic.SignatureVersion, site topic.Site) (topic.Document, error) {
	return d.Sign(version, s.key, site.Certificate(s.fingerprint))
}

// CertificatePEM is the certificate, which is no secret.
func (s *Signer) CertificatePEM() []byte { return s.certificate }

// CertificatePath is where the certificate is served, below the site.
func (s *Signer) CertificatePath() string { return topic.Site("").Certificate(s.fingerprint) }
