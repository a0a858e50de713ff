package sigv4

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// Bounds of the form that lies around chunks, in bytes.
const (
	maxChunkHeader = 4 << 10
	maxTrailer     = 16 << 10
)

// A chunkReader takes apart a body of the encoding aws-chunked: chunks that each
// begin with their length and perhaps a signature, then trailers [Amazon S3 API
// Reference, "Signature Calculations for the Authorization Header: Transferring
// Payload in Multiple Chunks"]. It holds no chunk: what it gave of one whose
// signature is wrong is followed by an error.
type chunkReader struct {
	body     io.Closer
	from     *bufio.Reader
	signer   *chunkSigner // nil when chunks are not signed
	trailing bool         // trailers follow
	ended    func(trailer http.Header)

	expected int64 // bytes of all chunks that are to come
	left     int64 // bytes of this chunk that are to come
	claimed  string
	begun    bool
	sum      hash.Hash
	err      error
}

func newChunkReader(body io.ReadCloser, length int64, ended func(http.Header)) *chunkReader {
	return &chunkReader{body: body, from: bufio.NewReader(body), expected: length, ended: ended, sum: sha256.New()}
}

// Read implements io.Reader.
func (c *chunkReader) Read(p []byte) (int, error) {
	if len(p) == 0 || c.err != nil {
		return 0, c.err
	}
	for c.left == 0 {
		if c.err = c.next(); c.err != nil {
			return 0, c.err
		}
	}
	n, err := c.from.Read(p[:min(int64(len(p)), c.left)])
	c.sum.Write(p[:n])
	c.left -= int64(n)
	c.expected -= int64(n)
	if err != nil {
		c.err = cutShort(err)
		return n, c.err
	}
	return n, nil
}

// Close implements io.Closer.
func (c *chunkReader) Close() error { return c.body.Close() }

// next ends the chunk before and begins another; io.EOF says that there is none.
func (c *chunkReader) next() error {
	if c.begun {
		if line, err := c.line(2); err != nil || line != "" {
			return badChunk(err)
		}
		if err := c.signer.check(c.claimed, c.sum); err != nil {
			return err
		}
	}
	c.begun = true
	c.sum.Reset()
	line, err := c.line(maxChunkHeader)
	if err != nil {
		return badChunk(err)
	}
	size, extension, _ := strings.Cut(line, ";")
	c.left, err = strconv.ParseInt(size, 16, 64)
	if err != nil || c.left < 0 || size[0] == '+' {
		return badChunk(nil)
	}
	if c.left > c.expected {
		return incompleteBody()
	}
	if c.signer != nil {
		name, signature, _ := strings.Cut(extension, "=")
		if name != "chunk-signature" {
			return badChunk(nil)
		}
		c.claimed = signature
	}
	if c.left > 0 {
		return nil
	}
	if c.expected != 0 {
		return incompleteBody()
	}
	if err := c.signer.check(c.claimed, c.sum); err != nil {
		return err
	}
	return c.end()
}

// end reads the trailers.
func (c *chunkReader) end() error {
	trailer := http.Header{}
	var signed strings.Builder
	signature := ""
	for size := 0; ; {
		line, err := c.line(maxTrailer - size)
		if err == io.EOF && line == "" {
			break // the last line may be missing
		}
		if err != nil {
			return badChunk(err)
		}
		if line == "" {
			break
		}
		size += len(line)
		name, value, ok := strings.Cut(line, ":")
		if !ok || !c.trailing {
			return refuse(http.StatusBadRequest, "MalformedTrailerError", "The request contained trailing data that was not well-formed or did not conform to our published schema.")
		}
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
		if name == "x-amz-trailer-signature" {
			signature = value
			continue
		}
		signed.WriteString(name + ":" + value + "\n")
		trailer.Set(name, value)
	}
	if c.trailing {
		if err := c.signer.checkTrailer(signature, signed.String()); err != nil {
			return err
		}
	}
	if rest, err := c.from.Peek(1); len(rest) > 0 || err != io.EOF {
		if err == nil {
			return badChunk(nil)
		}
		return cutShort(err)
	}
	c.ended(trailer)
	return io.EOF
}

// line reads a line of at most limit bytes, and gives it without its end. A last
// line without an end comes with io.EOF.
func (c *chunkReader) line(limit int) (string, error) {
	var b []byte
	for len(b) < limit {
		one, err := c.from.ReadByte()
		if err == io.EOF && len(b) > 0 {
			return "", io.ErrUnexpectedEOF
		}
		if err != nil {
			return "", err
		}
		if one == '\n' {
			if n := len(b) - 1; n >= 0 && b[n] == '\r' {
				return string(b[:n]), nil
			}
			return "", errLine
		}
		b = append(b, one)
	}
	return "", errLine
}

var errLine = errors.New("a line of a chunked body is too long or ends without a carriage return")

// A chunkSigner checks signatures, each of which signs the one before.
type chunkSigner struct {
	key                 []byte
	at, scope, previous string
}

func (s *chunkSigner) check(claimed string, sum hash.Hash) error {
	if s == nil {
		return nil
	}
	return s.compare(claimed, Algorithm+"-PAYLOAD", emptyHash, hex.EncodeToString(sum.Sum(nil)))
}

func (s *chunkSigner) checkTrailer(claimed, trailer string) error {
	if s == nil {
		return nil
	}
	sum := sha256.Sum256([]byte(trailer))
	return s.compare(claimed, Algorithm+"-TRAILER", hex.EncodeToString(sum[:]))
}

func (s *chunkSigner) compare(claimed, algorithm string, hashes ...string) error {
	text := strings.Join(append([]string{algorithm, s.at, s.scope, s.previous}, hashes...), "\n")
	made := hex.EncodeToString(mac(s.key, text))
	if !hmac.Equal([]byte(made), []byte(claimed)) {
		return refuse(http.StatusForbidden, "SignatureDoesNotMatch",
			"The request signature we calculated does not match the signature you provided. Check your key and signing method.")
	}
	s.previous = made
	return nil
}

func incompleteBody() *Error {
	return refuse(http.StatusBadRequest, "IncompleteBody", "The request body terminated unexpectedly")
}

// badChunk is the refusal of a body that is not made of chunks.
func badChunk(err error) error {
	if err == nil || errors.Is(err, errLine) {
		return refuse(http.StatusBadRequest, "InvalidRequest", "The body is not well-formed aws-chunked data.")
	}
	return cutShort(err)
}

// cutShort is the error of a body that ended before its time; others are the
// connection's.
func cutShort(err error) error {
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		return incompleteBody()
	}
	return err
}
