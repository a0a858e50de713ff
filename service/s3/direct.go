package s3

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"tocsin/service"
	"tocsin/store/state"
)

// What other services of the process do with buckets, without a request. Whether
// they may, they ask before, with [Service.NeedOf].

// Policy is a bucket's policy, "" for none, and the account that the bucket belongs
// to. The error of a bucket that is not there is a *Fault of code NoSuchBucket.
func (s *Service) Policy(ctx context.Context, bucket string) (document, owner string, err error) {
	b, err := s.bucket(ctx, bucket)
	return b.Policy, b.Owner, err
}

// Region is where a bucket is.
func (s *Service) Region(ctx context.Context, bucket string) (string, error) {
	b, err := s.bucket(ctx, bucket)
	return b.Region, err
}

// NeedOf is what a caller of the context must be allowed to do for an action with
// a bucket, or with an object of it when key is not "". Headers are those of
// the request that he would make, such as x-amz-acl.
func (s *Service) NeedOf(ctx context.Context, action, bucket, key string, headers map[string]string) (service.Need, error) {
	b, err := s.bucket(ctx, bucket)
	if err != nil {
		return service.Need{}, err
	}
	c := s.inside(ctx, b, key, headers)
	n := service.Need{Action: action, Resource: s.arn(bucket), Context: s.conditions(c)}
	if key != "" {
		n.Resource += "/" + key
	}
	return n, s.underPolicy(c, &n, b, key, "")
}

// inside is a call that comes from within the process.
func (s *Service) inside(ctx context.Context, b Bucket, key string, headers map[string]string) *call {
	r := (&http.Request{Method: http.MethodPut, Header: http.Header{}, Body: http.NoBody}).WithContext(ctx)
	r.URL = &url.URL{Path: "/" + b.Name + "/" + key}
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	return &call{ctx: ctx, r: r, bucket: b.Name, key: key, b: b, caller: service.CallerOf(ctx), requestID: newRequestID(), op: operation{level: onObject}}
}

// PutObject writes an object as the caller of the context. Header is that of a
// PutObject request: Content-Type, x-amz-acl, x-amz-meta-* and so on. The
// digest and every other rule of a request's headers hold. Nothing is asked of Permit.
func (s *Service) PutObject(ctx context.Context, bucket, key string, body []byte, header map[string]string) error {
	b, err := s.bucket(ctx, bucket)
	if err != nil {
		return err
	}
	if key == "" || len(key) > maxKey {
		return fault("KeyTooLongError")
	}
	c := s.inside(ctx, b, key, header)
	c.r.Body, c.r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	_, err = s.putObject(c)
	return err
}

// An ObjectEntry is an object as a listing tells of it.
type ObjectEntry struct {
	Key      string
	Size     int64
	ETag     string // without quotes
	Modified time.Time
}

// GetObject is the latest version of an object, which the caller closes, with what
// x-amz-meta-* say of it. An object that is not there is a *Fault of code NoSuchKey.
func (s *Service) GetObject(ctx context.Context, bucket, key string) (body io.ReadCloser, metadata map[string]string, err error) {
	if _, err := s.bucket(ctx, bucket); err != nil {
		return nil, nil, err
	}
	o, err := s.objectOf(ctx, bucket, key, "")
	if err != nil {
		return nil, nil, err
	}
	body, err = s.open(ctx, o, 0, o.Size)
	return body, o.User, err
}

// ListObjects are up to limit objects whose keys begin with prefix and come after
// a key, in the order of keys, and whether there are more.
func (s *Service) ListObjects(ctx context.Context, bucket, prefix, after string, limit int) (found []ObjectEntry, more bool, err error) {
	if _, err := s.bucket(ctx, bucket); err != nil {
		return nil, false, err
	}
	err = s.o.State.View(ctx, func(tx *state.Tx) error {
		var listed []state.Listed
		listed, more, err = tx.ListObjects(ctx, state.ObjectList{Bucket: bucket, Prefix: prefix, After: after, Limit: limit})
		for _, l := range listed {
			found = append(found, ObjectEntry{l.Object.Key, l.Object.Size, l.Object.ETag, l.Object.Modified})
		}
		return err
	})
	return found, more, err
}

// IsNoSuchBucket tells the error of a bucket that is not there.
func IsNoSuchBucket(err error) bool {
	var f *Fault
	return errors.As(err, &f) && f.Code == "NoSuchBucket"
}
