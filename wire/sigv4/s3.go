package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// What x-amz-content-sha256 says instead of a hash [Amazon S3 API Reference,
// "Authenticating Requests: Using the Authorization Header"].
const (
	signedChunks          = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
	signedChunksTrailer   = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
	unsignedChunksTrailer = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
)

// MaxSkewS3 is how far the clock of a sender to S3 may be from ours.
const MaxSkewS3 = 15 * time.Minute

// Anonymous tells a request that does not claim to be signed.
func Anonymous(r *http.Request) bool {
	return len(r.Header.Values("Authorization")) == 0 && !r.URL.Query().Has("X-Amz-Signature")
}

// VerifyS3 tells who signed a request to S3, with S3's refusals. It reads nothing
// of the body, which may be large: r.Body becomes a reader that takes apart
// chunks and checks the body's hash, or that of each chunk, on the way. Until
// that reader has said io.EOF, nothing of the body may be believed; its other
// errors are an *Error, or the connection's. Then r.Trailer holds what came
// behind the chunks. ContentLength becomes that of the body without the form of
// the chunks.
func (v *Verifier) VerifyS3(r *http.Request) (Signer, error) {
	c, err := readClaim(r)
	if err != nil {
		return Signer{}, inS3(err, r)
	}
	if c.service != "s3" {
		return Signer{}, malformed(c.presigned, fmt.Sprintf("incorrect service %q. This endpoint belongs to \"s3\".", shorten(c.service)))
	}
	now := v.Now()
	if err := c.checkTimeS3(now); err != nil {
		return Signer{}, err
	}
	if err := c.checkHeaders(r); err != nil {
		return Signer{}, inS3(err, r)
	}
	secret, ok, err := v.Secret(r.Context(), c.accessKeyID)
	switch {
	case err != nil:
		return Signer{}, fmt.Errorf("look up access key: %w", err)
	case !ok:
		return Signer{}, refuse(http.StatusForbidden, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
	}
	declared, err := c.declaredHash(r)
	if err != nil {
		return Signer{}, err
	}
	seed := c.sign(secret, c.stringToSign(c.canonicalRequest(r, declared)))
	if !hmac.Equal([]byte(hex.EncodeToString(seed)), []byte(c.signature)) {
		return Signer{}, refuse(http.StatusForbidden, "SignatureDoesNotMatch",
			"The request signature we calculated does not match the signature you provided. Check your key and signing method.")
	}
	if err := c.wrapBody(r, secret, declared); err != nil {
		return Signer{}, err
	}
	return c.signer(now), nil
}

// UnwrapS3 takes apart the chunks of a request that nobody signed, and checks
// what its body's hash is said to be.
func UnwrapS3(r *http.Request) error {
	declared := r.Header.Get("X-Amz-Content-Sha256")
	if declared == signedChunks || declared == signedChunksTrailer {
		return refuse(http.StatusForbidden, "AccessDenied", "Access Denied")
	}
	return claim{}.wrapBody(r, "", declared)
}

// declaredHash is what the signature says of the body.
func (c claim) declaredHash(r *http.Request) (string, error) {
	declared := r.Header.Get("X-Amz-Content-Sha256")
	if declared == "" && c.presigned {
		declared = r.URL.Query().Get("X-Amz-Content-Sha256")
	}
	switch {
	case declared == "" && c.presigned:
		return unsigned, nil
	case declared == "":
		return "", refuse(http.StatusBadRequest, "InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
	case declared == unsigned, declared == signedChunks, declared == signedChunksTrailer, declared == unsignedChunksTrailer:
		return declared, nil
	case strings.HasPrefix(declared, "STREAMING-AWS4-ECDSA"):
		return "", refuse(http.StatusNotImplemented, "NotImplemented", "A header you provided implies functionality that is not implemented: x-amz-content-sha256")
	}
	if raw, err := hex.DecodeString(declared); err != nil || len(raw) != sha256.Size {
		return "", refuse(http.StatusBadRequest, "InvalidArgument", "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.")
	}
	return declared, nil
}

// wrapBody puts the reader in place that checks the body.
func (c claim) wrapBody(r *http.Request, secret, declared string) error {
	body := r.Body
	if body == nil {
		body = http.NoBody
	}
	switch declared {
	case "", unsigned:
		return nil
	case signedChunks, signedChunksTrailer, unsignedChunksTrailer:
		length, err := strconv.ParseInt(r.Header.Get("X-Amz-Decoded-Content-Length"), 10, 64)
		if err != nil || length < 0 {
			return refuse(http.StatusLengthRequired, "MissingContentLength", "You must provide the Content-Length HTTP header.")
		}
		chunks := newChunkReader(body, length, func(trailer http.Header) { r.Trailer = trailer })
		if declared != unsignedChunksTrailer {
			chunks.signer = &chunkSigner{key: c.key(secret), at: c.at.Format(timeLayout), scope: c.scope(), previous: c.signature}
		}
		chunks.trailing = declared != signedChunks
		r.Body, r.ContentLength = chunks, length
	default:
		r.Body = &hashReader{body: body, sum: sha256.New(), want: strings.ToLower(declared)}
	}
	return nil
}

// checkTimeS3 is checkTime with S3's bounds and words.
func (c claim) checkTimeS3(now time.Time) error {
	if c.at.Format(dateLayout) != c.date {
		return malformed(c.presigned, fmt.Sprintf("Invalid credential date %q. This date is not the same as X-Amz-Date: %q.", shorten(c.date), c.at.Format(dateLayout)))
	}
	switch {
	case c.presigned && now.After(c.at.Add(c.expires)):
		return refuse(http.StatusForbidden, "AccessDenied", "Request has expired")
	case c.presigned && c.at.After(now.Add(MaxSkewS3)):
		return refuse(http.StatusForbidden, "AccessDenied", "Request is not valid yet")
	case !c.presigned && (now.After(c.at.Add(MaxSkewS3)) || c.at.After(now.Add(MaxSkewS3))):
		return refuse(http.StatusForbidden, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.")
	}
	return nil
}

// inS3 is a refusal in S3's words.
func inS3(err error, r *http.Request) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	presigned := r.URL.Query().Has("X-Amz-Signature")
	switch {
	case e.Code == "MissingAuthenticationToken":
		return refuse(http.StatusForbidden, "AccessDenied", "Access Denied")
	case strings.HasPrefix(e.Message, "Unsupported AWS 'algorithm'"):
		return refuse(http.StatusBadRequest, "InvalidRequest", "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.")
	case e.Code == "SignatureDoesNotMatch": // headers that are not signed
		return refuse(http.StatusForbidden, "AccessDenied", e.Message)
	case e.Code == "IncompleteSignature":
		return malformed(presigned, e.Message)
	}
	return e
}

// malformed is S3's refusal of a claim that cannot be read.
func malformed(presigned bool, message string) *Error {
	if presigned {
		return refuse(http.StatusBadRequest, "AuthorizationQueryParametersError", message)
	}
	return refuse(http.StatusBadRequest, "AuthorizationHeaderMalformed", "The authorization header is malformed; "+message)
}

// A hashReader gives a body and, instead of its end, an error when it has another
// hash than was signed.
type hashReader struct {
	body io.ReadCloser
	sum  interface {
		io.Writer
		Sum([]byte) []byte
	}
	want string
}

// Read implements io.Reader.
func (h *hashReader) Read(p []byte) (int, error) {
	n, err := h.body.Read(p)
	h.sum.Write(p[:n]) // a hash takes everything
	if err == io.EOF && hex.EncodeToString(h.sum.Sum(nil)) != h.want {
		err = refuse(http.StatusBadRequest, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.")
	}
	return n, err
}

// Close implements io.Closer.
func (h *hashReader) Close() error { return h.body.Close() }
