package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"tocsin/store/blob"
)

// A condition is what If-Match and its like say of an object: met, or not, and
// then whether the object is just not modified.
type condition struct{ met, notModified bool }

// conditions decides as RFC 9110 does: tags come before times.
func conditions(match, none, since, unmodified string, o stored) condition {
	modified := o.Modified.Truncate(time.Second)
	if match != "" {
		if !sameTag(match, o.ETag) {
			return condition{}
		}
	} else if at, err := http.ParseTime(unmodified); err == nil && modified.After(at) {
		return condition{}
	}
	if none != "" {
		if sameTag(none, o.ETag) {
			return condition{notModified: true}
		}
	} else if at, err := http.ParseTime(since); err == nil && !modified.After(at) {
		return condition{notModified: true}
	}
	return condition{met: true}
}

// overrides are the parameters that change headers of an answer.
var overrides = map[string]string{
	"response-content-type": "Content-Type", "response-content-language": "Content-Language", "response-expires": "Expires",
	"response-cache-control": "Cache-Control", "response-content-disposition": "Content-Disposition", "response-content-encoding": "Content-Encoding",
}

// getObject is GetObject and HeadObject.
func (s *Service) getObject(c *call) (*answer, error) {
	o, err := s.object(c)
	if err != nil {
		return nil, err
	}
	for parameter := range overrides {
		if c.account() == "" && c.r.URL.Query().Has(parameter) {
			return nil, faultf("InvalidRequest", "Request specific response headers cannot be used for anonymous GET requests.")
		}
	}
	a := empty(http.StatusOK)
	o.describe(c, a.header)
	h := c.r.Header
	switch is := conditions(h.Get("If-Match"), h.Get("If-None-Match"), h.Get("If-Modified-Since"), h.Get("If-Unmodified-Since"), o); {
	case is.notModified:
		f := fault("NotModified")
		f.header = a.header
		return nil, f
	case !is.met:
		return nil, fault("PreconditionFailed").with("Condition", "If-Match")
	}
	from, size, err := s.wanted(c, o, a)
	if err != nil {
		return nil, err
	}
	if h.Get("X-Amz-Checksum-Mode") == "ENABLED" && a.status == http.StatusOK {
		o.tellChecksum(a.header)
	}
	if c.r.Method == http.MethodHead {
		a.header.Set("Content-Length", strconv.FormatInt(size, 10))
		return a, nil
	}
	if a.stream, err = s.open(c.ctx, o, from, size); err != nil {
		return nil, err
	}
	a.length = size
	return a, nil
}

// describe puts what is known of the object into the headers of an answer.
func (o stored) describe(c *call, h http.Header) {
	for name, value := range o.Headers {
		h.Set(name, value)
	}
	for name, value := range o.User {
		// In small letters, as S3 sends them: botocore keeps the case, and the AWS CLI
		// looks for "signature" of a digest file.
		h["x-amz-meta-"+name] = []string{value}
	}
	h.Set("Etag", `"`+o.ETag+`"`)
	h.Set("Last-Modified", o.Modified.Format(http.TimeFormat))
	h.Set("Accept-Ranges", "bytes")
	o.tellEncryption(h)
	if o.Class != "" && o.Class != "STANDARD" {
		h.Set("X-Amz-Storage-Class", o.Class)
	}
	if len(o.Tags) > 0 {
		h.Set("X-Amz-Tagging-Count", strconv.Itoa(len(o.Tags)))
	}
	query := c.r.URL.Query()
	for parameter, name := range overrides {
		if query.Has(parameter) {
			h.Set(name, query.Get(parameter))
		}
	}
	a := &answer{header: h}
	c.tellVersion(a, o.Object)
}

// wanted is the stretch of the object that a request asks for, by Range or by the
// number of a part.
func (s *Service) wanted(c *call, o stored, a *answer) (from, size int64, err error) {
	text := c.r.URL.Query().Get("partNumber")
	ranges := c.r.Header.Get("Range")
	switch {
	case text != "" && ranges != "":
		return 0, 0, faultf("InvalidRequest", "Cannot specify both Range header and partNumber query parameter")
	case text != "":
		number, err := strconv.Atoi(text)
		if err != nil || number < 1 || number > maxParts {
			return 0, 0, faultf("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive").with("ArgumentName", "partNumber", "ArgumentValue", text)
		}
		if from, size, err = s.part(c.ctx, o, number); err != nil {
			return 0, 0, err
		}
		if o.PartsN > 0 {
			a.header.Set("X-Amz-Mp-Parts-Count", strconv.Itoa(o.PartsN))
		}
	case ranges != "":
		ok := false
		if from, size, ok = readRange(ranges, o.Size); !ok {
			f := fault("InvalidRange").with("RangeRequested", ranges, "ActualObjectSize", strconv.FormatInt(o.Size, 10))
			f.header = http.Header{"Content-Range": {fmt.Sprintf("bytes */%d", o.Size)}}
			return 0, 0, f
		}
		if size < 0 {
			return 0, o.Size, nil // a range that cannot be read is not there
		}
	default:
		return 0, o.Size, nil
	}
	a.status = http.StatusPartialContent
	if size > 0 {
		a.header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, from+size-1, o.Size))
	}
	return from, size, nil
}

// readRange reads a Range of one stretch. It is false for one that lies behind the
// end; a size of -1 says that the header is to be passed over, as S3 does with
// several stretches and with what is malformed.
func readRange(text string, length int64) (from, size int64, ok bool) {
	spec, bytes := strings.CutPrefix(strings.TrimSpace(text), "bytes=")
	first, last, dash := strings.Cut(spec, "-")
	if !bytes || !dash || strings.Contains(spec, ",") {
		return 0, -1, true
	}
	first, last = strings.TrimSpace(first), strings.TrimSpace(last)
	if first == "" {
		n, err := strconv.ParseInt(last, 10, 64)
		switch {
		case err != nil || n < 0:
			return 0, -1, true
		case n == 0 || length == 0:
			return 0, 0, false
		}
		n = min(n, length)
		return length - n, n, true
	}
	a, err := strconv.ParseInt(first, 10, 64)
	if err != nil || a < 0 {
		return 0, -1, true
	}
	b := length - 1
	if last != "" {
		n, err := strconv.ParseInt(last, 10, 64)
		if err != nil || n < a {
			return 0, -1, true
		}
		b = min(b, n)
	}
	if a >= length {
		return 0, 0, false
	}
	return a, b - a + 1, true
}

// open reads a stretch of an object.
func (s *Service) open(ctx context.Context, o stored, from, size int64) (io.ReadCloser, error) {
	if size == 0 {
		return http.NoBody, nil
	}
	if o.Parts != "" {
		return s.openParts(ctx, o, from, size)
	}
	return s.openBlob(ctx, o.Blob, o.Size, from, size)
}

// openBlob reads a stretch of a blob.
func (s *Service) openBlob(ctx context.Context, key string, length, from, size int64) (io.ReadCloser, error) {
	if from == 0 && size == length {
		in, err := s.o.Blobs.Get(ctx, key)
		return in, lost(err)
	}
	in, err := s.o.Blobs.Open(ctx, key)
	if err != nil {
		return nil, lost(err)
	}
	return stretch{io.NewSectionReader(in, from, size), in}, nil
}

type stretch struct {
	io.Reader
	io.Closer
}

// lost tells the bytes of an object that was deleted while it was being read.
func lost(err error) error {
	if errors.Is(err, blob.ErrNotExist) {
		return fault("NoSuchKey")
	}
	return err
}

// getAttributes is GetObjectAttributes.
func (s *Service) getAttributes(c *call) (*answer, error) {
	wanted := map[string]bool{}
	for _, line := range c.r.Header.Values("X-Amz-Object-Attributes") {
		for name := range strings.SplitSeq(line, ",") {
			wanted[strings.TrimSpace(name)] = true
		}
	}
	if len(wanted) == 0 {
		return nil, faultf("InvalidArgument", "The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty")
	}
	for name := range wanted {
		if !oneOf("ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize")(name) {
			return nil, faultf("InvalidArgument", "Invalid attribute name specified.").with("ArgumentName", "x-amz-object-attributes", "ArgumentValue", name)
		}
	}
	o, err := s.object(c)
	if err != nil {
		return nil, err
	}
	n := el("GetObjectAttributesResponse")
	if wanted["ETag"] {
		n.add(el("ETag", o.ETag))
	}
	if wanted["Checksum"] && o.Checksum != nil {
		n.add(el("Checksum", checksumElements(o.Checksum)))
	}
	if wanted["ObjectParts"] && o.Parts != "" {
		parts, err := s.partsElement(c, o)
		if err != nil {
			return nil, err
		}
		n.add(parts)
	}
	if wanted["StorageClass"] {
		n.add(el("StorageClass", o.class()))
	}
	if wanted["ObjectSize"] {
		n.add(el("ObjectSize", o.Size))
	}
	a := &answer{status: http.StatusOK, header: http.Header{"Last-Modified": {o.Modified.Format(http.TimeFormat)}}, body: n.document(namespace)}
	c.tellVersion(a, o.Object)
	return a, nil
}

func (m meta) class() string {
	if m.Class == "" {
		return "STANDARD"
	}
	return m.Class
}
