package s3_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"tocsin/core/policy"
	"tocsin/service"
	"tocsin/service/s3"
	"tocsin/service/servicetest"
	"tocsin/wire/sigv4"
)

// get is what a caller without a name is answered; header has names and values.
func (w *world) get(path string, header ...string) (int, string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, *w.config.BaseEndpoint+path, nil)
	must(w.t, err)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := w.config.HTTPClient.Do(r)
	must(w.t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	must(w.t, err)
	return answer.StatusCode, string(text)
}

func (w *world) setPolicy(text string) error {
	_, err := w.client.PutBucketPolicy(w.t.Context(), &sdk.PutBucketPolicyInput{Bucket: aws.String("logs"), Policy: &text})
	return err
}

const (
	publicRead = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::logs/*"}]}`
	otherReads = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"222222222222"},"Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::logs","arn:aws:s3:::logs/*"],"Condition":{"StringLikeIfExists":{"s3:prefix":"a*"}}}]}`
	nobody     = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::logs","arn:aws:s3:::logs/*"]}]}`
)

func TestWhoMayReadABucket(t *testing.T) {
	w := newWorld(t)
	w.bucket("logs")
	w.put("logs", "a", "text")
	other := w.as("AKIAOTHEREXAMPLE0001")
	read := func(key string) string {
		_, err := other.GetObject(t.Context(), &sdk.GetObjectInput{Bucket: aws.String("logs"), Key: &key})
		return code(err)
	}
	list := func(prefix string) string {
		_, err := other.ListObjectsV2(t.Context(), &sdk.ListObjectsV2Input{Bucket: aws.String("logs"), Prefix: &prefix})
		return code(err)
	}
	if status, text := w.get("/logs/a"); status != 403 || !strings.Contains(text, "<Message>Access Denied</Message>") || read("a") != "AccessDenied" {
		t.Error(status, text)
	}
	must(t, w.setPolicy(otherReads))
	// Who may list is told that a key is free, who may not is not.
	if got := []string{read("a"), list("a/"), list("b"), read("none")}; !cmp.Equal(got, []string{"", "", "AccessDenied", "NoSuchKey"}) {
		t.Error(got)
	}
	must(t, w.setPolicy(strings.Replace(otherReads, `,"s3:ListBucket"`, "", 1)))
	if got := read("none"); got != "AccessDenied" {
		t.Error(got)
	}
	wantCode(t, w.setPolicy(publicRead), "AccessDenied")
	_, err := w.client.PutPublicAccessBlock(t.Context(), &sdk.PutPublicAccessBlockInput{
		Bucket: aws.String("logs"), PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{RestrictPublicBuckets: aws.Bool(true)},
	})
	must(t, err)
	must(t, w.setPolicy(publicRead))
	status, err := w.client.GetBucketPolicyStatus(t.Context(), &sdk.GetBucketPolicyStatusInput{Bucket: aws.String("logs")})
	must(t, err)
	if code, _ := w.get("/logs/a"); code != 403 || read("a") != "AccessDenied" || !aws.ToBool(status.PolicyStatus.IsPublic) {
		t.Error("a public bucket is not restricted", code)
	}
	_, err = w.client.DeletePublicAccessBlock(t.Context(), &sdk.DeletePublicAccessBlockInput{Bucket: aws.String("logs")})
	must(t, err)
	if code, text := w.get("/logs/a"); code != 200 || text != "text" || read("a") != "" {
		t.Error("a public bucket cannot be read", code)
	}
	if code, text := w.get("/logs/a?response-content-type=text/html"); code != 400 || !strings.Contains(text, "InvalidRequest") {
		t.Error("anybody changes headers of answers", code)
	}
	must(t, w.setPolicy(strings.Replace(publicRead, `/*"}`, `/*","Condition":{"StringLike":{"aws:Referer":"https://ours.example/*"}}}`, 1)))
	ours, _ := w.get("/logs/a", "Referer", "https://ours.example/page")
	theirs, _ := w.get("/logs/a", "Referer", "https://theirs.example/page")
	none, _ := w.get("/logs/a")
	if ours != 200 || theirs != 403 || none != 403 {
		t.Error("by the page that refers to it:", ours, theirs, none)
	}
	must(t, w.setPolicy(nobody))
	_, err = w.client.GetObject(t.Context(), &sdk.GetObjectInput{Bucket: aws.String("logs"), Key: aws.String("a")})
	wantCode(t, err, "AccessDenied")
	// The root of the owner can always undo it.
	_, err = w.client.DeleteBucketPolicy(t.Context(), &sdk.DeleteBucketPolicyInput{Bucket: aws.String("logs")})
	must(t, err)
	w.read("logs", "a", "")
	_, err = other.DeleteBucket(t.Context(), &sdk.DeleteBucketInput{Bucket: aws.String("logs")})
	wantCode(t, err, "AccessDenied")
	_, err = other.CreateBucket(t.Context(), &sdk.CreateBucketInput{Bucket: aws.String("logs"), CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: servicetest.Region}})
	wantCode(t, err, "BucketAlreadyExists")
}

func TestACLs(t *testing.T) {
	w := newWorld(t)
	w.bucket("logs")
	for _, off := range []func() error{
		func() error {
			_, err := w.client.DeletePublicAccessBlock(t.Context(), &sdk.DeletePublicAccessBlockInput{Bucket: aws.String("logs")})
			return err
		},
		func() error {
			_, err := w.client.PutBucketOwnershipControls(t.Context(), &sdk.PutBucketOwnershipControlsInput{
				Bucket: aws.String("logs"), OwnershipControls: &types.OwnershipControls{Rules: []types.OwnershipControlsRule{{ObjectOwnership: types.ObjectOwnershipObjectWriter}}},
			})
			return err
		},
	} {
		must(t, off())
	}
	other := w.as("AKIAOTHEREXAMPLE0001")
	_, err := w.client.PutObject(t.Context(), &sdk.PutObjectInput{Bucket: aws.String("logs"), Key: aws.String("public"), Body: strings.NewReader("text"), ACL: types.ObjectCannedACLPublicRead})
	must(t, err)
	_, err = w.client.PutObject(t.Context(), &sdk.PutObjectInput{Bucket: aws.String("logs"), Key: aws.String("shared"), Body: strings.NewReader("text"), GrantRead: aws.String(`id="` + s3.CanonicalID("222222222222") + `"`)})
	must(t, err)
	w.put("logs", "own", "text")
	may := func(key string) bool {
		_, err := other.GetObject(t.Context(), &sdk.GetObjectInput{Bucket: aws.String("logs"), Key: &key})
		return err == nil
	}
	anonymous := func(path string) bool { status, _ := w.get(path); return status == 200 }
	if got := []bool{may("public"), may("shared"), may("own"), anonymous("/logs/public"), anonymous("/logs/shared"), anonymous("/logs")}; !cmp.Equal(got, []bool{true, true, false, true, false, false}) {
		t.Error(got)
	}
	acl, err := w.client.GetObjectAcl(t.Context(), &sdk.GetObjectAclInput{Bucket: aws.String("logs"), Key: aws.String("public")})
	must(t, err)
	if len(acl.Grants) != 2 || acl.Grants[1].Permission != types.PermissionRead || acl.Grants[1].Grantee.Type != types.TypeGroup {
		t.Errorf("%+v", acl.Grants)
	}
	_, err = w.client.PutBucketAcl(t.Context(), &sdk.PutBucketAclInput{Bucket: aws.String("logs"), AccessControlPolicy: &types.AccessControlPolicy{
		Owner: &types.Owner{ID: aws.String(s3.CanonicalID(servicetest.Account))},
		Grants: []types.Grant{
			{Grantee: &types.Grantee{Type: types.TypeGroup, URI: aws.String("http://acs.amazonaws.com/groups/global/AllUsers")}, Permission: types.PermissionRead},
		},
	}})
	must(t, err)
	if !anonymous("/logs") {
		t.Error("READ does not let list")
	}
	_, err = w.client.PutBucketOwnershipControls(t.Context(), &sdk.PutBucketOwnershipControlsInput{
		Bucket: aws.String("logs"), OwnershipControls: &types.OwnershipControls{Rules: []types.OwnershipControlsRule{{ObjectOwnership: types.ObjectOwnershipBucketOwnerEnforced}}},
	})
	wantCode(t, err, "InvalidBucketAclWithObjectOwnership")
	_, err = w.client.PutPublicAccessBlock(t.Context(), &sdk.PutPublicAccessBlockInput{
		Bucket: aws.String("logs"), PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{IgnorePublicAcls: aws.Bool(true), BlockPublicAcls: aws.Bool(true)},
	})
	must(t, err)
	if anonymous("/logs") || anonymous("/logs/public") || !may("shared") {
		t.Error("public grants are not ignored, or others are")
	}
	_, err = w.client.PutBucketAcl(t.Context(), &sdk.PutBucketAclInput{Bucket: aws.String("logs"), ACL: types.BucketCannedACLPublicRead})
	wantCode(t, err, "AccessDenied")
}

// A trail's delivery asks for what it needs, and writes.
func TestFromWithin(t *testing.T) {
	w := newWorld(t)
	w.bucket("logs")
	must(t, w.setPolicy(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::logs/AWSLogs/*","Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control"}}}]}`))
	ctx := service.WithCaller(t.Context(), service.Caller{Principal: policy.Service("cloudtrail.amazonaws.com")})
	header := map[string]string{"x-amz-acl": "bucket-owner-full-control", "Content-Type": "application/json", "x-amz-meta-signature": "abc"}
	for key, want := range map[string]string{"AWSLogs/1": "", "other": "AccessDenied"} {
		n, err := w.service.NeedOf(ctx, "s3:PutObject", "logs", key, header)
		must(t, err)
		var refused *sigv4.Error
		if err := permit(ctx, []service.Need{n}); errors.As(err, &refused) != (want != "") {
			t.Errorf("%s: %v, want %q", key, err, want)
		}
	}
	must(t, w.service.PutObject(ctx, "logs", "AWSLogs/1", []byte("{}"), header))
	body, metadata, err := w.service.GetObject(ctx, "logs", "AWSLogs/1")
	must(t, err)
	text, err := io.ReadAll(body)
	must(t, err)
	if string(text) != "{}" || metadata["signature"] != "abc" || w.read("logs", "AWSLogs/1", "") != "{}" {
		t.Errorf("%s %v", text, metadata)
	}
	found, more, err := w.service.ListObjects(ctx, "logs", "AWS", "", 10)
	must(t, err)
	if len(found) != 1 || more || found[0].Key != "AWSLogs/1" || found[0].Size != 2 {
		t.Error(found, more)
	}
	if _, _, err := w.service.Policy(ctx, "none"); !s3.IsNoSuchBucket(err) {
		t.Error(err)
	}
}

func TestRecords(t *testing.T) {
	w := newWorld(t)
	w.bucket("logs")
	must(t, w.setPolicy(otherReads))
	w.put("logs", "a", "text")
	_, err := w.as("AKIAOTHEREXAMPLE0001").GetBucketAcl(context.Background(), &sdk.GetBucketAclInput{Bucket: aws.String("logs")})
	wantCode(t, err, "AccessDenied")
	var got []string
	told := w.told()
	for _, r := range told {
		name := r.Name
		if r.Data {
			name += " data"
		}
		if r.ReadOnly {
			name += " read"
		}
		got = append(got, strings.TrimSpace(name+" "+r.ErrorCode))
		if r.Request.(map[string]any)["bucketName"] != "logs" || r.Source != "s3.amazonaws.com" || r.Resources[len(r.Resources)-1].ARN != "arn:aws:s3:::logs" {
			t.Errorf("%+v", r)
		}
	}
	if diff := cmp.Diff([]string{"CreateBucket", "PutBucketPolicy", "PutObject data", "GetBucketAcl read AccessDenied"}, got); diff != "" {
		t.Error(diff)
	}
	if _, ok := told[0].Request.(map[string]any)["CreateBucketConfiguration"]; !ok {
		t.Errorf("%+v", told[0].Request)
	}
	if _, ok := told[1].Request.(map[string]any)["bucketPolicy"]; !ok {
		t.Errorf("%+v", told[1].Request)
	}
}

// Tags of an object decide, and those that are asked for.
func TestTagsDecide(t *testing.T) {
	w := newWorld(t)
	w.bucket("logs")
	must(t, w.setPolicy(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"AWS":"222222222222"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::logs/*","Condition":{"StringEquals":{"s3:ExistingObjectTag/open":"yes"}}},
		{"Effect":"Allow","Principal":{"AWS":"222222222222"},"Action":["s3:PutObject","s3:PutObjectTagging"],"Resource":"arn:aws:s3:::logs/*","Condition":{"StringEquals":{"s3:RequestObjectTag/open":"no"}}}]}`))
	other := w.as("AKIAOTHEREXAMPLE0001")
	put := func(c *sdk.Client, tagging string) string {
		_, err := c.PutObject(t.Context(), &sdk.PutObjectInput{Bucket: aws.String("logs"), Key: aws.String("k"), Body: strings.NewReader("x"), Tagging: &tagging})
		return code(err)
	}
	read := func() string {
		_, err := other.GetObject(t.Context(), &sdk.GetObjectInput{Bucket: aws.String("logs"), Key: aws.String("k")})
		return code(err)
	}
	got := []string{put(w.client, "open=yes"), read(), put(other, "open=yes"), put(other, "open=no"), read()}
	if diff := cmp.Diff([]string{"", "", "AccessDenied", "", "AccessDenied"}, got); diff != "" {
		t.Error(diff)
	}
}

// The ACL of the version that is read decides, and not that of the one on top.
func TestACLOfAVersion(t *testing.T) {
	w := newWorld(t)
	w.bucket("logs")
	_, err := w.client.DeletePublicAccessBlock(t.Context(), &sdk.DeletePublicAccessBlockInput{Bucket: aws.String("logs")})
	must(t, err)
	_, err = w.client.PutBucketOwnershipControls(t.Context(), &sdk.PutBucketOwnershipControlsInput{
		Bucket: aws.String("logs"), OwnershipControls: &types.OwnershipControls{Rules: []types.OwnershipControlsRule{{ObjectOwnership: types.ObjectOwnershipObjectWriter}}},
	})
	must(t, err)
	_, err = w.client.PutBucketVersioning(t.Context(), &sdk.PutBucketVersioningInput{Bucket: aws.String("logs"), VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled}})
	must(t, err)
	other := w.as("AKIAOTHEREXAMPLE0001")
	_, err = other.CreateBucket(t.Context(), &sdk.CreateBucketInput{Bucket: aws.String("theirs"), CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: servicetest.Region}})
	must(t, err)
	for acl, want := range map[types.ObjectCannedACL]string{types.ObjectCannedACLPrivate: "AccessDenied", types.ObjectCannedACLPublicRead: ""} {
		made, err := w.client.PutObject(t.Context(), &sdk.PutObjectInput{Bucket: aws.String("logs"), Key: aws.String("k"), Body: strings.NewReader("text"), ACL: acl})
		must(t, err)
		above := types.ObjectCannedACLPublicRead
		if acl == above {
			above = types.ObjectCannedACLPrivate
		}
		_, err = w.client.PutObject(t.Context(), &sdk.PutObjectInput{Bucket: aws.String("logs"), Key: aws.String("k"), Body: strings.NewReader("text"), ACL: above})
		must(t, err)
		_, err = other.GetObject(t.Context(), &sdk.GetObjectInput{Bucket: aws.String("logs"), Key: aws.String("k"), VersionId: made.VersionId})
		read := code(err)
		_, err = other.CopyObject(t.Context(), &sdk.CopyObjectInput{Bucket: aws.String("theirs"), Key: aws.String("k"), CopySource: aws.String("logs/k?versionId=" + *made.VersionId)})
		if copied := code(err); read != want || copied != want {
			t.Errorf("%s: read %q, copied %q, want %q", acl, read, copied, want)
		}
	}
}
