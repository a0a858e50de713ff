package s3

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
)

// A grant is one of an ACL: to an account by its canonical id, or to a group.
type grant struct {
	ID         string `json:"id,omitempty"`
	Group      string `json:"group,omitempty"` // URI
	Permission string `json:"permission"`
}

// Groups of S3.
const (
	allUsers           = "http://acs.amazonaws.com/groups/global/AllUsers"
	authenticatedUsers = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
	logDelivery        = "http://acs.amazonaws.com/groups/s3/LogDelivery"
)

// CanonicalID is the id that S3's ACLs have for an account.
func CanonicalID(account string) string {
	sum := sha256.Sum256([]byte("canonical user of " + account))
	return hex.EncodeToString(sum[:])
}

func owner(account string) *node { return el("Owner", el("ID", CanonicalID(account))) }

var permissions = []string{"FULL_CONTROL", "READ", "WRITE", "READ_ACP", "WRITE_ACP"}

var grantForm = tree("Grant",
	tree("Grantee", opt(leaf("ID", anyText)), opt(leaf("URI", anyText)), opt(leaf("EmailAddress", anyText)), opt(leaf("DisplayName", anyText)), opt(leaf("Type", anyText))),
	leaf("Permission", oneOf(permissions...)))

var aclForm = tree("AccessControlPolicy", opt(tree("Owner", leaf("ID", anyText), opt(leaf("DisplayName", anyText)))), opt(tree("AccessControlList", list(0, grantForm))))

// canned are the ACLs that have names [S3 User Guide, "Canned ACL"].
func canned(name, owner, bucketOwner string) ([]grant, bool) {
	full := []grant{{ID: CanonicalID(owner), Permission: "FULL_CONTROL"}}
	switch name {
	case "", "private":
		return full, true
	case "public-read":
		return append(full, grant{Group: allUsers, Permission: "READ"}), true
	case "public-read-write":
		return append(full, grant{Group: allUsers, Permission: "READ"}, grant{Group: allUsers, Permission: "WRITE"}), true
	case "authenticated-read":
		return append(full, grant{Group: authenticatedUsers, Permission: "READ"}), true
	case "log-delivery-write":
		return append(full, grant{Group: logDelivery, Permission: "WRITE"}, grant{Group: logDelivery, Permission: "READ_ACP"}), true
	case "bucket-owner-read":
		if owner == bucketOwner {
			return full, true
		}
		return append(full, grant{ID: CanonicalID(bucketOwner), Permission: "READ"}), true
	case "bucket-owner-full-control":
		if owner == bucketOwner {
			return full, true
		}
		return append(full, grant{ID: CanonicalID(bucketOwner), Permission: "FULL_CONTROL"}), true
	case "aws-exec-read":
		return full, true
	}
	return nil, false
}

// grantHeaders are the headers that grant, with what they grant.
var grantHeaders = [][2]string{
	{"X-Amz-Grant-Full-Control", "FULL_CONTROL"},
	{"X-Amz-Grant-Read", "READ"},
	{"X-Amz-Grant-Write", "WRITE"},
	{"X-Amz-Grant-Read-Acp", "READ_ACP"},
	{"X-Amz-Grant-Write-Acp", "WRITE_ACP"},
}

func hasGrantHeaders(h http.Header) bool {
	return slices.ContainsFunc(grantHeaders, func(g [2]string) bool { return h.Get(g[0]) != "" })
}

// grantsOfHeaders reads x-amz-acl or x-amz-grant-*, and whether there was one.
func (s *Service) grantsOfHeaders(h http.Header, owner, bucketOwner string) (grants []grant, given bool, err error) {
	name := h.Get("X-Amz-Acl")
	if !hasGrantHeaders(h) {
		grants, ok := canned(name, owner, bucketOwner)
		if !ok {
			return nil, false, faultf("InvalidArgument", "Invalid canned ACL").with("ArgumentName", "x-amz-acl", "ArgumentValue", name)
		}
		return grants, name != "", nil
	}
	if name != "" {
		return nil, false, faultf("InvalidRequest", "Specifying both Canned ACLs and Header Grants is not allowed")
	}
	for _, g := range grantHeaders {
		for one := range strings.SplitSeq(h.Get(g[0]), ",") {
			if strings.TrimSpace(one) == "" {
				continue
			}
			kind, value, _ := strings.Cut(strings.TrimSpace(one), "=")
			value = strings.Trim(value, `"`)
			made, err := granteeOf(kind, value)
			if err != nil {
				return nil, false, err
			}
			made.Permission = g[1]
			grants = append(grants, made)
		}
	}
	return grants, true, nil
}

func granteeOf(kind, value string) (grant, error) {
	switch strings.ToLower(kind) {
	case "id":
		if raw, err := hex.DecodeString(value); err != nil || len(raw) != sha256.Size {
			return grant{}, faultf("InvalidArgument", "Invalid id").with("ArgumentName", "CanonicalUser/ID", "ArgumentValue", value)
		}
		return grant{ID: value}, nil
	case "uri":
		if !oneOf(allUsers, authenticatedUsers, logDelivery)(value) {
			return grant{}, faultf("InvalidArgument", "Invalid group uri").with("ArgumentName", "Group/URI", "ArgumentValue", value)
		}
		return grant{Group: value}, nil
	case "emailaddress":
		return grant{}, fault("UnresolvableGrantByEmailAddress").with("EmailAddress", value)
	}
	return grant{}, faultf("InvalidArgument", "Argument format not recognized")
}

// ownersOnly tells whether an ACL says no more than that the owner may do
// everything, which it may say where ACLs are disabled.
func ownersOnly(grants []grant, owner string) bool {
	return len(grants) == 1 && grants[0] == grant{ID: CanonicalID(owner), Permission: "FULL_CONTROL"}
}

// publicGrants tells whether an ACL lets in everybody.
func publicGrants(grants []grant) bool {
	return slices.ContainsFunc(grants, func(g grant) bool { return g.Group == allUsers || g.Group == authenticatedUsers })
}

// ownership is who owns new objects; ObjectWriter where nothing says.
func (b Bucket) ownership() string {
	if o := b.setting("ownershipControls").value("Rule", "ObjectOwnership"); o != "" {
		return o
	}
	return "ObjectWriter"
}

// blocks tells whether the block of public access has a switch on.
func (b Bucket) blocks(name string) bool {
	return b.setting("publicAccessBlock").value(name) == "true"
}

func (b Bucket) checkPublicGrants(grants []grant) error {
	if b.blocks("BlockPublicAcls") && publicGrants(grants) {
		return faultf("AccessDenied", "Access Denied because public ACLs are prevented by the BlockPublicAcls setting in S3 Block Public Access.")
	}
	return nil
}

// checkOwnership refuses to disable the ACLs of a bucket that has grants.
func checkOwnership(_ *Service, c *call, n *node) error {
	if n.value("Rule", "ObjectOwnership") == enforced && !ownersOnly(c.b.Grants, c.b.Owner) {
		return fault("InvalidBucketAclWithObjectOwnership")
	}
	return nil
}

// checkAccessBlock writes all four switches.
func checkAccessBlock(_ *Service, _ *call, n *node) error {
	var all []*node
	for _, name := range []string{"BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"} {
		all = append(all, el(name, n.value(name) == "true"))
	}
	n.children = all
	return nil
}

func aclDocument(owned string, grants []grant) *answer {
	list := el("AccessControlList")
	for _, g := range grants {
		grantee := el("Grantee", optional("ID", g.ID), optional("URI", g.Group))
		if grantee.xsiType = "CanonicalUser"; g.Group != "" {
			grantee.xsiType = "Group"
		}
		list.add(el("Grant", grantee, el("Permission", g.Permission)))
	}
	return &answer{status: http.StatusOK, body: el("AccessControlPolicy", owner(owned), list).document(namespace)}
}

func (s *Service) getBucketACL(c *call) (*answer, error) {
	return aclDocument(c.b.Owner, c.b.Grants), nil
}

// wantedACL reads what PutBucketAcl and PutObjectAcl ask for.
func (s *Service) wantedACL(c *call, owned string) ([]grant, error) {
	grants, given, err := s.grantsOfHeaders(c.r.Header, owned, c.b.Owner)
	if err != nil || given {
		return grants, err
	}
	n, err := s.document(c)
	if err != nil {
		return nil, err
	}
	if !aclForm.check(n) || n.child("AccessControlList") == nil {
		return nil, fault("MalformedACLError")
	}
	if id := n.value("Owner", "ID"); id != CanonicalID(owned) {
		return nil, fault("AccessDenied")
	}
	grants = nil
	for _, g := range n.child("AccessControlList").all("Grant") {
		grantee := g.child("Grantee")
		kind, value := "id", grantee.value("ID")
		switch {
		case grantee.value("URI") != "":
			kind, value = "uri", grantee.value("URI")
		case grantee.value("EmailAddress") != "":
			kind, value = "emailaddress", grantee.value("EmailAddress")
		}
		made, err := granteeOf(kind, value)
		if err != nil {
			return nil, err
		}
		made.Permission = g.value("Permission")
		grants = append(grants, made)
	}
	if len(grants) > 100 {
		return nil, fault("MalformedACLError")
	}
	return grants, nil
}

// checkACL refuses what the bucket's settings do not let an ACL say.
func (b Bucket) checkACL(grants []grant, owned string) error {
	if b.ownership() == enforced && !ownersOnly(grants, owned) {
		return fault("AccessControlListNotSupported")
	}
	return b.checkPublicGrants(grants)
}

func (s *Service) putBucketACL(c *call) (*answer, error) {
	grants, err := s.wantedACL(c, c.b.Owner)
	if err != nil {
		return nil, err
	}
	err = s.change(c, func(b *Bucket) error {
		if err := b.checkACL(grants, b.Owner); err != nil {
			return err
		}
		b.Grants = grants
		return nil
	})
	return empty(http.StatusOK), err
}

// aclActions are what a permission lets do [S3 User Guide, "Mapping of ACL
// permissions and access policy permissions"].
var aclActions = map[bool]map[string][]string{
	true: { // of a bucket
		"READ":      {"s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"},
		"WRITE":     {"s3:PutObject", "s3:DeleteObject"},
		"READ_ACP":  {"s3:GetBucketAcl"},
		"WRITE_ACP": {"s3:PutBucketAcl"},
	},
	false: {
		"READ":      {"s3:GetObject", "s3:GetObjectVersion"},
		"READ_ACP":  {"s3:GetObjectAcl", "s3:GetObjectVersionAcl"},
		"WRITE_ACP": {"s3:PutObjectAcl", "s3:PutObjectVersionAcl"},
	},
}

// statement is a grant in the language of policies; nil for one that lets do
// nothing there.
func (g grant) statement(resource string, ofBucket bool) any {
	var actions []string
	for _, permission := range permissions {
		if permission == g.Permission || g.Permission == "FULL_CONTROL" {
			actions = append(actions, aclActions[ofBucket][permission]...)
		}
	}
	if len(actions) == 0 {
		return nil
	}
	st := map[string]any{"Effect": "Allow", "Action": actions, "Resource": []string{resource, resource + "/*"}}
	if !ofBucket {
		st["Resource"] = resource
	}
	switch g.Group {
	case "":
		st["Principal"] = map[string]string{"CanonicalUser": g.ID}
	case allUsers:
		st["Principal"] = "*"
	case authenticatedUsers:
		st["Principal"] = "*"
		st["Condition"] = map[string]any{"StringNotEquals": map[string]string{"aws:PrincipalType": "Anonymous"}}
	case logDelivery:
		st["Principal"] = map[string]string{"Service": "logging.s3.amazonaws.com"}
	}
	return st
}
