package s3

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"tocsin/service"
	"tocsin/store/state"
)

// A Bucket is what is kept of a bucket, besides its tags and objects.
type Bucket struct {
	Name     string            `json:"-"`
	Owner    string            `json:"owner"` // an account
	Region   string            `json:"region"`
	Created  time.Time         `json:"-"`
	Policy   string            `json:"policy,omitempty"`   // as it was put
	Grants   []grant           `json:"grants,omitempty"`   // of its ACL
	Settings map[string]string `json:"settings,omitempty"` // documents by their subresource
}

// buckets are unique in all accounts and Regions. Their parent is their owner.
var buckets = state.Kind[Bucket]("bucket")

func (s *Service) scope() state.Scope { return state.Scope{Partition: s.o.Partition} }

// arn is that of a bucket, or of an object as bucket/key.
func (s *Service) arn(name string) string { return "arn:" + s.o.Partition + ":s3:::" + name }

// bucket reads a bucket, or tells NoSuchBucket.
func (s *Service) bucket(ctx context.Context, name string) (Bucket, error) {
	return view(s, ctx, func(tx *state.Tx) (Bucket, error) {
		r, err := buckets.Get(ctx, tx, s.scope(), name)
		return opened(r), noBucket(err, name)
	})
}

// lock reads a bucket for a transaction that writes into it.
func (s *Service) lock(ctx context.Context, tx *state.Tx, name string) (Bucket, error) {
	r, err := buckets.Lock(ctx, tx, s.scope(), name)
	return opened(r), noBucket(err, name)
}

func opened(r state.Resource[Bucket]) Bucket {
	r.Value.Name, r.Value.Created = r.Name, r.Created
	return r.Value
}

func noBucket(err error, name string) error {
	if errors.Is(err, state.ErrNotFound) {
		return fault("NoSuchBucket").with("BucketName", name)
	}
	return err
}

// change changes a bucket.
func (s *Service) change(c *call, f func(*Bucket) error) error {
	return s.update(c.ctx, func(tx *state.Tx) error {
		r, err := buckets.Lock(c.ctx, tx, s.scope(), c.bucket)
		if err != nil {
			return noBucket(err, c.bucket)
		}
		b := opened(r)
		if err := f(&b); err != nil {
			return err
		}
		r.Value = b
		_, err = buckets.Put(c.ctx, tx, r)
		return err
	})
}

// set keeps a document.
func (b *Bucket) set(name, document string) {
	if b.Settings == nil {
		b.Settings = map[string]string{}
	}
	b.Settings[name] = document
}

// setting is a document of the bucket as an element; nil when there is none.
func (b Bucket) setting(name string) *node {
	text, ok := b.Settings[name]
	if !ok {
		return nil
	}
	n, err := readXML(strings.NewReader(text))
	if err != nil {
		return nil // we wrote it ourselves
	}
	return n
}

func (b Bucket) versioning() string { return b.setting("versioning").value("Status") }

// Defaults of new buckets since April 2023 [S3 User Guide, "Default settings for
// new S3 buckets FAQ"].
const (
	enforced          = "BucketOwnerEnforced"
	newAccessBlock    = "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>"
	ownershipDocument = "<OwnershipControls><Rule><ObjectOwnership>%</ObjectOwnership></Rule></OwnershipControls>"
)

var bucketOperations = []operation{
	{method: http.MethodGet, level: onService, name: "ListBuckets", action: "s3:ListAllMyBuckets", readOnly: true, run: (*Service).listBuckets},
	{method: http.MethodPut, level: onBucket, name: "CreateBucket", action: "s3:CreateBucket", needs: needsOfCreate, run: (*Service).createBucket},
	{method: http.MethodHead, level: onBucket, name: "HeadBucket", action: "s3:ListBucket", readOnly: true, run: (*Service).headBucket},
	{method: http.MethodDelete, level: onBucket, name: "DeleteBucket", action: "s3:DeleteBucket", run: (*Service).deleteBucket},
	{method: http.MethodGet, query: "location", level: onBucket, name: "GetBucketLocation", action: "s3:GetBucketLocation", readOnly: true, run: (*Service).getBucketLocation},

	{method: http.MethodGet, query: "policy", level: onBucket, name: "GetBucketPolicy", action: "s3:GetBucketPolicy", readOnly: true, run: (*Service).getPolicy},
	{method: http.MethodPut, query: "policy", level: onBucket, name: "PutBucketPolicy", action: "s3:PutBucketPolicy", run: (*Service).putPolicy},
	{method: http.MethodDelete, query: "policy", level: onBucket, name: "DeleteBucketPolicy", action: "s3:DeleteBucketPolicy", run: (*Service).deletePolicy},
	{method: http.MethodGet, query: "policyStatus", level: onBucket, name: "GetBucketPolicyStatus", action: "s3:GetBucketPolicyStatus", readOnly: true, run: (*Service).getPolicyStatus},

	{method: http.MethodGet, query: "acl", level: onBucket, name: "GetBucketAcl", action: "s3:GetBucketAcl", readOnly: true, run: (*Service).getBucketACL},
	{method: http.MethodPut, query: "acl", level: onBucket, name: "PutBucketAcl", action: "s3:PutBucketAcl", run: (*Service).putBucketACL},

	{method: http.MethodGet, query: "tagging", level: onBucket, name: "GetBucketTagging", action: "s3:GetBucketTagging", readOnly: true, run: (*Service).getBucketTags},
	{method: http.MethodPut, query: "tagging", level: onBucket, name: "PutBucketTagging", action: "s3:PutBucketTagging", run: (*Service).putBucketTags},
	{method: http.MethodDelete, query: "tagging", level: onBucket, name: "DeleteBucketTagging", action: "s3:PutBucketTagging", run: (*Service).deleteBucketTags},

	{method: http.MethodGet, level: onBucket, name: "ListObjects", action: "s3:ListBucket", readOnly: true, data: true, run: (*Service).listObjects},
	{method: http.MethodGet, query: "versions", level: onBucket, name: "ListObjectVersions", action: "s3:ListBucketVersions", readOnly: true, data: true, run: (*Service).listVersions},
	{method: http.MethodPost, query: "delete", level: onBucket, name: "DeleteObjects", own: true, data: true, run: (*Service).deleteObjects},
}

// createForm is the body of CreateBucket.
var createForm = tree("CreateBucketConfiguration", opt(leaf("LocationConstraint", anyText)),
	opt(tree("Tags", list(0, tagForm))),
	opt(tree("Location", opt(leaf("Type", anyText)), opt(leaf("Name", anyText)))), opt(tree("Bucket", opt(leaf("DataRedundancy", anyText)), opt(leaf("Type", anyText)))))

func needsOfCreate(c *call) []service.Need {
	var more []service.Need
	if acl := c.r.Header.Get("X-Amz-Acl"); acl != "" && acl != "private" || hasGrantHeaders(c.r.Header) {
		more = append(more, service.Need{Action: "s3:PutBucketAcl"})
	}
	if c.r.Header.Get("X-Amz-Object-Ownership") != "" {
		more = append(more, service.Need{Action: "s3:PutBucketOwnershipControls"})
	}
	return more
}

func (s *Service) createBucket(c *call) (*answer, error) {
	if err := checkBucketName(c.bucket); err != nil {
		return nil, err
	}
	if c.account() == "" {
		return nil, fault("AccessDenied")
	}
	region := c.caller.Region
	constraint, tags, err := s.createBody(c)
	if err != nil {
		return nil, err
	}
	if len(tags) > 0 {
		if err := s.permit(c, []service.Need{{Action: "s3:TagResource"}}); err != nil {
			return nil, err
		}
	}
	switch {
	case constraint == "EU":
		constraint = "eu-west-1"
	case constraint == "us-east-1":
		return nil, fault("InvalidLocationConstraint").with("LocationConstraint", constraint)
	case constraint != "" && !regionName.MatchString(constraint):
		return nil, fault("InvalidLocationConstraint").with("LocationConstraint", constraint)
	}
	switch {
	case region == "us-east-1" || region == "aws-global" || region == "":
		region = constraint
		if region == "" {
			region = "us-east-1"
		}
	case constraint == "":
		return nil, fault("IllegalLocationConstraintException")
	case constraint != region:
		return nil, faultf("IllegalLocationConstraintException", "The "+constraint+" location constraint is incompatible for the region specific endpoint this request was sent to.")
	}
	if c.r.Header.Get("X-Amz-Bucket-Object-Lock-Enabled") == "true" {
		return nil, notBuilt(true, "Object Lock")
	}
	b := Bucket{Name: c.bucket, Owner: c.account(), Region: region}
	ownership := c.r.Header.Get("X-Amz-Object-Ownership")
	if ownership == "" {
		ownership = enforced
	}
	if !oneOf(enforced, "BucketOwnerPreferred", "ObjectWriter")(ownership) {
		return nil, faultf("InvalidArgument", "Invalid x-amz-object-ownership header: "+ownership)
	}
	b.set("ownershipControls", strings.Replace(ownershipDocument, "%", ownership, 1))
	b.set("publicAccessBlock", newAccessBlock)
	grants, given, err := s.grantsOfHeaders(c.r.Header, b.Owner, b.Owner)
	if err != nil {
		return nil, err
	}
	if b.Grants = grants; given {
		if ownership == enforced && !ownersOnly(grants, b.Owner) {
			return nil, fault("InvalidBucketAclWithObjectOwnership")
		}
		if err := b.checkPublicGrants(grants); err != nil {
			return nil, err
		}
	}
	err = s.update(c.ctx, func(tx *state.Tx) error {
		found, err := buckets.Get(c.ctx, tx, s.scope(), c.bucket)
		if is, err := state.Exists(err); err != nil {
			return err
		} else if is {
			return alreadyThere(found.Value, b)
		}
		if _, err := buckets.Put(c.ctx, tx, state.Resource[Bucket]{Scope: s.scope(), Name: c.bucket, Parent: b.Owner, Value: b, Created: s.o.Now()}); err != nil {
			return err
		}
		return tx.Tag(c.ctx, s.arn(c.bucket), tags)
	})
	if err != nil && !errors.Is(err, errOwned) {
		return nil, err
	}
	a := empty(http.StatusOK)
	a.header.Set("Location", "/"+c.bucket)
	a.header.Set("X-Amz-Bucket-Arn", s.arn(c.bucket))
	return a, nil
}

var regionName = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-[0-9]{1,2}$`)

// createBody reads what a new bucket is to be.
func (s *Service) createBody(c *call) (region string, tags map[string]string, err error) {
	n, err := s.document(c)
	if f := (*Fault)(nil); errors.As(err, &f) && f.Code == "MissingRequestBodyError" {
		return "", nil, nil
	}
	if err != nil {
		return "", nil, err
	}
	if !createForm.check(n) {
		return "", nil, fault("MalformedXML")
	}
	if n.child("Location") != nil || n.child("Bucket") != nil {
		return "", nil, notBuilt(true, "Directory buckets")
	}
	if t := n.child("Tags"); t != nil {
		if tags, err = tagsOf(t, maxBucketTags); err != nil {
			return "", nil, err
		}
	}
	return n.value("LocationConstraint"), tags, nil
}

// alreadyThere is what somebody hears who makes a bucket that is there. In
// us-east-1 its owner hears nothing.
func alreadyThere(found, wanted Bucket) error {
	switch {
	case found.Owner != wanted.Owner:
		return fault("BucketAlreadyExists").with("BucketName", wanted.Name)
	case found.Region == "us-east-1" && wanted.Region == "us-east-1":
		return errOwned
	default:
		return fault("BucketAlreadyOwnedByYou").with("BucketName", wanted.Name)
	}
}

var errOwned = errors.New("the bucket is there and the caller's own")

// checkBucketName refuses names [S3 User Guide, "General purpose bucket naming rules"].
func checkBucketName(name string) error {
	bad := len(name) < 3 || len(name) > 63 || !bucketName.MatchString(name) || strings.Contains(name, "..")
	if _, err := netip.ParseAddr(name); err == nil {
		bad = true
	}
	for _, p := range []string{"xn--", "sthree-", "amzn-s3-demo-"} {
		bad = bad || strings.HasPrefix(name, p)
	}
	for _, p := range []string{"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"} {
		bad = bad || strings.HasSuffix(name, p)
	}
	if bad {
		return fault("InvalidBucketName").with("BucketName", name)
	}
	return nil
}

var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*[a-z0-9]$`)

func (s *Service) headBucket(c *call) (*answer, error) {
	a := empty(http.StatusOK)
	a.header.Set("X-Amz-Bucket-Region", c.b.Region)
	a.header.Set("X-Amz-Bucket-Arn", s.arn(c.bucket))
	a.header.Set("X-Amz-Access-Point-Alias", "false")
	a.header.Set("Content-Type", "application/xml")
	return a, nil
}

func (s *Service) deleteBucket(c *call) (*answer, error) {
	err := s.update(c.ctx, func(tx *state.Tx) error {
		// Who writes into the bucket has it locked, and finds it gone afterwards.
		if _, err := s.lock(c.ctx, tx, c.bucket); err != nil {
			return err
		}
		full, err := tx.HasObjects(c.ctx, c.bucket)
		if err != nil {
			return err
		}
		if full {
			f := fault("BucketNotEmpty").with("BucketName", c.bucket)
			if c.b.versioning() != "" {
				f.Message += ". You must delete all versions in the bucket."
			}
			return f
		}
		if err := s.dropUploads(c.ctx, tx, c.bucket); err != nil {
			return err
		}
		if err := tx.DropTags(c.ctx, s.arn(c.bucket)); err != nil {
			return err
		}
		return buckets.Delete(c.ctx, tx, s.scope(), c.bucket)
	})
	return empty(http.StatusNoContent), err
}

func (s *Service) getBucketLocation(c *call) (*answer, error) {
	n := el("LocationConstraint")
	if c.b.Region != "us-east-1" {
		n.text = c.b.Region
	}
	return &answer{status: http.StatusOK, body: n.document(namespace)}, nil
}

// maxBuckets is the longest page of ListBuckets.
const maxBuckets = 10000

func (s *Service) listBuckets(c *call) (*answer, error) {
	query := c.r.URL.Query()
	limit, err := count(query, "max-buckets", 1, maxBuckets, maxBuckets)
	if err != nil {
		return nil, err
	}
	after, err := readToken(query.Get("continuation-token"))
	if err != nil {
		return nil, err
	}
	if c.account() == "" {
		return nil, fault("AccessDenied")
	}
	found, err := view(s, c.ctx, func(tx *state.Tx) ([]state.Resource[Bucket], error) {
		return buckets.Of(c.ctx, tx, c.account())
	})
	if err != nil {
		return nil, err
	}
	prefix, region := query.Get("prefix"), query.Get("bucket-region")
	found = slices.DeleteFunc(found, func(r state.Resource[Bucket]) bool {
		return r.Name <= after.Key || !strings.HasPrefix(r.Name, prefix) || region != "" && r.Value.Region != region
	})
	list := el("Buckets")
	next := ""
	for i, r := range found {
		if i == limit {
			next = token{Key: found[i-1].Name}.String()
			break
		}
		list.add(el("Bucket", el("Name", r.Name), el("CreationDate", r.Created), el("BucketRegion", r.Value.Region), el("BucketArn", s.arn(r.Name))))
	}
	out := el("ListAllMyBucketsResult", owner(c.account()), list, optional("ContinuationToken", next), optional("Prefix", prefix))
	return &answer{status: http.StatusOK, body: out.document(namespace)}, nil
}
