package s3

import (
	"encoding/json"
	"net/http"
	"strings"

	"tocsin/service"
)

// record is the call as CloudTrail tells of it [S3 User Guide, "Amazon S3
// CloudTrail events"].
func (c *call) record(f *Fault) service.Record {
	r := service.Record{
		Caller: c.caller, Source: "s3.amazonaws.com", Name: c.op.name,
		ReadOnly: c.op.readOnly, Data: c.op.data, Request: c.parameters(), Response: c.output,
	}
	if r.Caller.RequestID == "" {
		r.Caller.RequestID = c.requestID
	}
	if f != nil && f.Code != "NotModified" {
		r.ErrorCode, r.ErrorText, r.Response = f.Code, f.Message, nil
	}
	if c.bucket == "" {
		return r
	}
	arn := "arn:" + partitionOf(c) + ":s3:::" + c.bucket
	r.Resources = []service.RecordResource{{ARN: arn, Account: c.b.Owner, Type: "AWS::S3::Bucket"}}
	if c.key != "" {
		r.Resources = append([]service.RecordResource{{ARN: arn + "/" + c.key, Type: "AWS::S3::Object"}}, r.Resources...)
	}
	return r
}

func partitionOf(c *call) string {
	if c.caller.Partition == "" {
		return "aws"
	}
	return c.caller.Partition
}

// quiet are parameters of the query that no event tells.
var quiet = []string{"X-Amz-Signature", "X-Amz-Security-Token", "X-Amz-Credential"}

// parameters are requestParameters: bucket and key, the query, the headers of
// S3's own that say what is wanted, and the document, under the name of its element.
func (c *call) parameters() map[string]any {
	p := map[string]any{"Host": c.r.Host}
	if c.bucket != "" {
		p["bucketName"] = c.bucket
	}
	if c.key != "" {
		p["key"] = c.key
	}
	for name, values := range c.r.URL.Query() {
		if !oneOf(quiet...)(name) {
			p[name] = strings.Join(values, ",")
		}
	}
	for _, name := range headerKeys {
		if v := c.r.Header.Get(name); v != "" && name != "x-amz-content-sha256" {
			p[name] = v
		}
	}
	if c.input == nil {
		return p
	}
	switch c.input.name {
	case "bucketPolicy":
		p["bucketPolicy"] = asJSON(c.input.text)
	default:
		p[c.input.name] = plain(c.input)
	}
	return p
}

// asJSON is a document as it is, so that it stays one in the event.
func asJSON(text string) any {
	if json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	return text
}

// plain is an element as JSON tells it: elements of one name as a list.
func plain(n *node) any {
	if len(n.children) == 0 {
		return n.text
	}
	out := map[string]any{}
	for _, c := range n.children {
		one := plain(c)
		switch had := out[c.name].(type) {
		case nil:
			out[c.name] = one
		case []any:
			out[c.name] = append(had, one)
		default:
			out[c.name] = []any{had, one}
		}
	}
	return out
}

// outputOf are responseElements: the headers of S3's own.
func (c *call) outputOf(h http.Header) map[string]any {
	out := map[string]any{}
	for _, name := range []string{"X-Amz-Version-Id", "X-Amz-Server-Side-Encryption", "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id"} {
		if v := h.Get(name); v != "" {
			out[strings.ToLower(name)] = v
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}
