package sigv4

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// canonicalRequest is the request in the one form that both sides sign.
func (c claim) canonicalRequest(r *http.Request, bodyHash string) string {
	var b strings.Builder
	b.WriteString(r.Method + "\n")
	b.WriteString(canonicalPath(r, c.service) + "\n")
	b.WriteString(canonicalQuery(r.URL.RawQuery) + "\n")
	for _, name := range c.signedHeaders {
		b.WriteString(name + ":" + headerValue(r, name) + "\n")
	}
	b.WriteString("\n" + strings.Join(c.signedHeaders, ";") + "\n")
	b.WriteString(bodyHash)
	return b.String()
}

// canonicalPath is the path as it stands in the request, which every service
// but S3 encodes once more.
func canonicalPath(r *http.Request, service string) string {
	path := r.URL.EscapedPath()
	switch {
	case path == "":
		return "/"
	case service == "s3":
		return path
	}
	return encode(path, true)
}

// canonicalQuery is the query with its parameters in order, and without the
// signature that it may hold.
func canonicalQuery(raw string) string {
	var parts []string
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		if name = reencode(name); name == "X-Amz-Signature" {
			continue
		}
		parts = append(parts, name+"="+reencode(value))
	}
	slices.SortFunc(parts, func(a, b string) int {
		nameA, valueA, _ := strings.Cut(a, "=")
		nameB, valueB, _ := strings.Cut(b, "=")
		if nameA != nameB {
			return strings.Compare(nameA, nameB)
		}
		return strings.Compare(valueA, valueB)
	})
	return strings.Join(parts, "&")
}

// reencode writes a part of a query, however it was encoded, in the one way
// that is signed.
func reencode(text string) string {
	decoded := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '%' && i+2 < len(text) && hexDigit(text[i+1]) >= 0 && hexDigit(text[i+2]) >= 0:
			decoded = append(decoded, byte(hexDigit(text[i+1])<<4|hexDigit(text[i+2])))
			i += 2
		case text[i] == '+':
			decoded = append(decoded, ' ')
		default:
			decoded = append(decoded, text[i])
		}
	}
	return encode(string(decoded), false)
}

func hexDigit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// encode percent-encodes all but the unreserved characters of RFC 3986.
func encode(text string, keepSlash bool) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(text) {
		c := text[i]
		switch {
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0 || c == '/' && keepSlash:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(digits[c>>4])
			b.WriteByte(digits[c&15])
		}
	}
	return b.String()
}

// headerValue is a header's values with blanks put together. The two headers
// that net/http takes out of the map are put back.
func headerValue(r *http.Request, name string) string {
	values := r.Header.Values(name)
	switch {
	case name == "host":
		values = []string{r.Host}
	case name == "content-length" && len(values) == 0:
		values = []string{contentLength(r)}
	case name == "transfer-encoding" && len(values) == 0:
		values = r.TransferEncoding
	}
	trimmed := make([]string, len(values))
	for i, v := range values {
		trimmed[i] = strings.Join(strings.FieldsFunc(v, func(c rune) bool { return c == ' ' }), " ")
	}
	return strings.Join(trimmed, ",")
}

func contentLength(r *http.Request) string {
	if r.ContentLength < 0 {
		return ""
	}
	return strconv.FormatInt(r.ContentLength, 10)
}
