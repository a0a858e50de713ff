// Package sigv4 tells who sent a request: it checks AWS's Signature Version 4,
// in the Authorization header or in the query, as AWS's own endpoints do.
//
// The rules are those of the IAM User Guide, "AWS Signature Version 4 for API
// requests". Nothing of a request is to be believed before it was verified;
// afterwards its method, path, query, signed headers and body are as its sender
// wrote them.
package sigv4

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Algorithm is the only one that is understood.
const Algorithm = "AWS4-HMAC-SHA256"

// MaxSkew is how far the clock of a sender may be from ours.
const MaxSkew = 5 * time.Minute

// MaxPresigned is how long a request to S3 that is signed in its query may be good for.
const MaxPresigned = 7 * 24 * time.Hour

// presignedElsewhere is how long one to another service is, also without
// X-Amz-Expires: seen of STS, whose links clusters use as tokens, and which does not
// mind what X-Amz-Expires says. UNSURE of other services, for which less than that counts.
const presignedElsewhere = 15 * time.Minute

const (
	timeLayout = "20060102T150405Z"
	dateLayout = "20060102"
	// emptyHash is the SHA-256 of nothing.
	emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)

// A Verifier checks requests.
type Verifier struct {
	// Secret is the secret of an access key; false when there is no such key.
	Secret func(ctx context.Context, accessKeyID string) (secret string, ok bool, err error)
	Now    func() time.Time
	// MaxBody bounds bodies, in bytes.
	MaxBody int64
}

// A Signer is who signed a request and for what.
type Signer struct {
	AccessKeyID     string
	Region, Service string
	Age             time.Duration // since it was signed, not negative
}

// ErrTooLarge says that a body is longer than MaxBody.
var ErrTooLarge = errors.New("the body is too large")

// Verify tells who signed the request. It reads the whole body, which can be
// read again afterwards, and compares in constant time. A refusal is an *Error;
// other errors are of the body or of Secret.
func (v *Verifier) Verify(r *http.Request) (Signer, error) {
	c, err := readClaim(r)
	if err != nil {
		return Signer{}, err
	}
	now := v.Now()
	if err := c.checkTime(now); err != nil {
		return Signer{}, err
	}
	if err := c.checkHeaders(r); err != nil {
		return Signer{}, err
	}
	secret, ok, err := v.Secret(r.Context(), c.accessKeyID)
	switch {
	case err != nil:
		return Signer{}, fmt.Errorf("look up access key: %w", err)
	case !ok:
		return Signer{}, refuse(http.StatusForbidden, "UnrecognizedClientException", "The security token included in the request is invalid.")
	}
	hash, err := v.bodyHash(r, c)
	if err != nil {
		return Signer{}, err
	}
	toSign := c.stringToSign(c.canonicalRequest(r, hash))
	if !hmac.Equal([]byte(hex.EncodeToString(c.sign(secret, toSign))), []byte(c.signature)) {
		return Signer{}, refuse(http.StatusForbidden, "SignatureDoesNotMatch",
			"The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
	}
	return c.signer(now), nil
}

// bodyHash is what the signature says of the body, after it was compared with
// the body itself.
func (v *Verifier) bodyHash(r *http.Request, c claim) (string, error) {
	body := []byte(nil)
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(io.LimitReader(r.Body, v.MaxBody+1)); err != nil {
			return "", fmt.Errorf("read body: %w", err)
		}
		if int64(len(body)) > v.MaxBody {
			return "", ErrTooLarge
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	hash := emptyHash
	if len(body) > 0 {
		sum := sha256.Sum256(body)
		hash = hex.EncodeToString(sum[:])
	}
	declared := r.Header.Get("X-Amz-Content-Sha256")
	if declared == "" && c.presigned && c.service == "s3" {
		declared = unsigned
	}
	switch declared {
	case "", hash:
		return hash, nil
	case unsigned:
		// Only S3 leaves bodies unsigned; to let others do so would let whoever
		// is on the way change what is asked for.
		if c.service == "s3" {
			return unsigned, nil
		}
		return "", refuse(http.StatusBadRequest, "InvalidSignatureException", "An unsigned body is accepted by s3 only")
	default:
		return "", refuse(http.StatusBadRequest, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.")
	}
}

// unsigned stands for the hash of a body that the signature leaves out.
const unsigned = "UNSIGNED-PAYLOAD"

// checkTime refuses requests from too long ago, so that one that was overheard
// cannot be sent again for ever, and from the future.
func (c claim) checkTime(now time.Time) error {
	if c.at.Format(dateLayout) != c.date {
		return refuse(http.StatusForbidden, "SignatureDoesNotMatch",
			fmt.Sprintf("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%s' != '%s', from '%s'.", c.date, c.at.Format(dateLayout), c.at.Format(timeLayout)))
	}
	lifetime := MaxSkew
	if c.presigned {
		lifetime = c.expires
	}
	switch {
	case now.After(c.at.Add(lifetime)):
		return refuse(http.StatusForbidden, "SignatureDoesNotMatch", fmt.Sprintf("Signature expired: %s is now earlier than %s (%s - %d min.)",
			c.at.Format(timeLayout), now.UTC().Add(-lifetime).Format(timeLayout), now.UTC().Format(timeLayout), int(lifetime.Minutes())))
	case c.at.After(now.Add(MaxSkew)):
		return refuse(http.StatusForbidden, "SignatureDoesNotMatch", fmt.Sprintf("Signature not yet current: %s is still later than %s (%s + %d min.)",
			c.at.Format(timeLayout), now.UTC().Add(MaxSkew).Format(timeLayout), now.UTC().Format(timeLayout), int(MaxSkew.Minutes())))
	}
	return nil
}

// checkHeaders refuses a signature that leaves out what could then be changed:
// the host, and every header of AWS's.
func (c claim) checkHeaders(r *http.Request) error {
	if !slices.Contains(c.signedHeaders, "host") {
		return incomplete("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
	}
	for name := range r.Header {
		lower := strings.ToLower(name)
		if strings.HasPrefix(lower, "x-amz-") && !slices.Contains(c.signedHeaders, lower) {
			return refuse(http.StatusForbidden, "SignatureDoesNotMatch", fmt.Sprintf("There were headers present in the request which were not signed: %s", lower))
		}
	}
	return nil
}

func (c claim) stringToSign(canonical string) string {
	sum := sha256.Sum256([]byte(canonical))
	return strings.Join([]string{Algorithm, c.at.Format(timeLayout), c.scope(), hex.EncodeToString(sum[:])}, "\n")
}

func (c claim) signer(now time.Time) Signer {
	return Signer{AccessKeyID: c.accessKeyID, Region: c.region, Service: c.service, Age: max(0, now.Sub(c.at))}
}

func (c claim) sign(secret, toSign string) []byte { return mac(c.key(secret), toSign) }

// key is the signing key of the scope.
func (c claim) key(secret string) []byte {
	key := mac([]byte("AWS4"+secret), c.date)
	for _, part := range []string{c.region, c.service, "aws4_request"} {
		key = mac(key, part)
	}
	return key
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text)) // a hash takes everything
	return h.Sum(nil)
}
