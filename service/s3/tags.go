package s3

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"tocsin/store/state"
)

// How many tags there may be [S3 User Guide].
const (
	maxBucketTags = 50
	maxObjectTags = 10
)

var tagForm = tree("Tag", leaf("Key", anyText), leaf("Value", anyText))

var taggingForm = tree("Tagging", tree("TagSet", list(0, tagForm)))

// tagsOf reads the Tag elements of a set.
func tagsOf(set *node, most int) (map[string]string, error) {
	tags := map[string]string{}
	for _, t := range set.all("Tag") {
		key, value := t.value("Key"), t.value("Value")
		if _, twice := tags[key]; twice {
			return nil, faultf("InvalidTag", "Cannot provide multiple Tags with the same key").with("TagKey", key)
		}
		if err := checkTag(key, value); err != nil {
			return nil, err
		}
		tags[key] = value
	}
	return tags, checkTags(tags, most)
}

func checkTag(key, value string) error {
	switch {
	case key == "" || utf8.RuneCountInString(key) > 128:
		return faultf("InvalidTag", "The TagKey you have provided is invalid").with("TagKey", key)
	case utf8.RuneCountInString(value) > 256:
		return faultf("InvalidTag", "The TagValue you have provided is invalid").with("TagKey", key, "TagValue", value)
	case strings.HasPrefix(strings.ToLower(key), "aws:"):
		return faultf("InvalidTag", "System tags cannot be added/updated by requester").with("TagKey", key)
	}
	return nil
}

func checkTags(tags map[string]string, most int) error {
	switch {
	case len(tags) <= most:
		return nil
	case most == maxObjectTags:
		return faultf("BadRequest", "Object tags cannot be greater than 10")
	default:
		return faultf("BadRequest", "Bucket tag count cannot be greater than 50")
	}
}

// tagsOfHeader reads x-amz-tagging, which is written like a query.
func tagsOfHeader(text string) (map[string]string, error) {
	if text == "" {
		return nil, nil
	}
	values, err := url.ParseQuery(text)
	if err != nil {
		return nil, faultf("InvalidArgument", "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.")
	}
	tags := map[string]string{}
	for key, list := range values {
		if len(list) > 1 {
			return nil, faultf("InvalidArgument", "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.")
		}
		if err := checkTag(key, list[0]); err != nil {
			return nil, err
		}
		tags[key] = list[0]
	}
	return tags, checkTags(tags, maxObjectTags)
}

func tagSet(tags map[string]string) *node {
	set := el("TagSet")
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		set.add(el("Tag", el("Key", key), el("Value", tags[key])))
	}
	return set
}

// wantedTags reads the body of PutBucketTagging and PutObjectTagging.
func (s *Service) wantedTags(c *call, most int) (map[string]string, error) {
	n, err := s.document(c)
	if err != nil {
		return nil, err
	}
	if !taggingForm.check(n) {
		return nil, fault("MalformedXML")
	}
	return tagsOf(n.child("TagSet"), most)
}

func (s *Service) getBucketTags(c *call) (*answer, error) {
	tags, err := view(s, c.ctx, func(tx *state.Tx) (map[string]string, error) { return tx.Tags(c.ctx, s.arn(c.bucket)) })
	if err != nil {
		return nil, err
	}
	if len(tags) == 0 {
		return nil, fault("NoSuchTagSet").with("BucketName", c.bucket)
	}
	return &answer{status: http.StatusOK, body: el("Tagging", tagSet(tags)).document(namespace)}, nil
}

func (s *Service) putBucketTags(c *call) (*answer, error) {
	tags, err := s.wantedTags(c, maxBucketTags)
	if err != nil {
		return nil, err
	}
	return s.replaceBucketTags(c, tags)
}

func (s *Service) deleteBucketTags(c *call) (*answer, error) { return s.replaceBucketTags(c, nil) }

func (s *Service) replaceBucketTags(c *call, tags map[string]string) (*answer, error) {
	err := s.update(c.ctx, func(tx *state.Tx) error {
		if _, err := s.lock(c.ctx, tx, c.bucket); err != nil {
			return err
		}
		if err := tx.DropTags(c.ctx, s.arn(c.bucket)); err != nil {
			return err
		}
		return tx.Tag(c.ctx, s.arn(c.bucket), tags)
	})
	return empty(http.StatusNoContent), err
}

func (s *Service) getObjectTags(c *call) (*answer, error) {
	o, err := s.object(c)
	if err != nil {
		return nil, err
	}
	a := &answer{status: http.StatusOK, header: http.Header{}, body: el("Tagging", tagSet(o.Tags)).document(namespace)}
	c.tellVersion(a, o.Object)
	return a, nil
}

func (s *Service) putObjectTags(c *call) (*answer, error) {
	tags, err := s.wantedTags(c, maxObjectTags)
	if err != nil {
		return nil, err
	}
	return s.changeObject(c, http.StatusOK, func(m *meta) error { m.Tags = tags; return nil })
}

func (s *Service) deleteObjectTags(c *call) (*answer, error) {
	return s.changeObject(c, http.StatusNoContent, func(m *meta) error { m.Tags = nil; return nil })
}
