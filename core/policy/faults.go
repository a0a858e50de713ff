package policy

import "strings"

// A fault is what AWS has one text for.
type fault struct {
	identity string // IAM about identity policies
	resource string // IAM about trust policies, S3 and KMS; "" when the same
}

// The texts of identity policies were recorded from IAM in moto's tests; those of
// the others are from public issue logs. %s is the detail.
var (
	jsonFault          = fault{"Syntax errors in policy.", "This policy contains invalid Json"}
	firstByteFault     = fault{"Syntax errors in policy.", "Policies must be valid JSON and the first byte must be '{'"}
	syntaxFault        = fault{"Syntax errors in policy.", "Invalid policy syntax."}
	unknownFault       = fault{"Syntax errors in policy.", "Unknown field %s"}
	noStatementFault   = fault{"Syntax errors in policy.", "Could not parse the policy: Statement is empty!"}
	effectFault        = fault{"Syntax errors in policy.", "Invalid effect: %s"}
	missingEffectFault = fault{"Syntax errors in policy.", "Missing required field Effect"}
	operatorFault      = fault{"Syntax errors in policy.", "Invalid Condition type : %s"}

	badVersionFault = fault{"Syntax errors in policy.", "The policy must contain a valid version string"}
	versionFault    = fault{"Policy document must be version 2012-10-17 or greater.", ""}
	legacyFault     = fault{"The policy failed legacy parsing", ""}

	uniqueSidFault = fault{"Statement IDs (SID) in a single policy must be unique.", ""}
	alphaSidFault  = fault{"Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*", ""}

	noActionFault  = fault{"Policy statement must contain actions.", "Missing required field Action"}
	vendorFault    = fault{"Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.", ""}
	colonFault     = fault{"Actions/Condition can contain only one colon.", ""}
	badVendorFault = fault{"Vendor %s is not valid", ""}

	noResourceFault = fault{"Policy statement must contain resources.", "Missing required field Resource"}
	arnFault        = fault{`Resource %s must be in ARN format or "*".`, "Policy has invalid resource"}
	partitionFault  = fault{"Partition %s.", ""}
	vendorARNFault  = fault{"Resource vendor must be fully qualified and cannot contain regexes.", ""}
	iamRegionFault  = fault{"IAM resource %s cannot contain region information.", ""}
	s3RegionFault   = fault{"Resource %s can not contain region information.", ""}
	iamPathFault    = fault{`IAM resource path must either be "*" or start with %s.`, ""}

	principalFault           = fault{"Policy document should not specify a principal.", "Invalid principal in policy"}
	noPrincipalFault         = fault{"", "Missing required field Principal"}
	emptyPrincipalFault      = fault{"Policy document should not specify a principal.", "Missing required field Principal cannot be empty!"}
	prohibitedPrincipalFault = fault{"Policy document should not specify a principal.", ""}
	notPrincipalFault        = fault{"Allow with NotPrincipal is not allowed.", ""}

	trustActionFault      = fault{"AssumeRole policy may only specify STS AssumeRole actions.", ""}
	prohibitedFault       = fault{"Has prohibited field %s", ""}
	trustNotResourceFault = fault{"AssumeRole policy must not contain resources.", ""}
	actionFault           = fault{"", "Policy has invalid action"}
)

// message is AWS's text for a document of the kind.
func (f fault) message(kind Kind, detail string) string {
	text := f.identity
	if kind != Identity && kind != Any && f.resource != "" || text == "" {
		text = f.resource
	}
	return strings.ReplaceAll(text, "%s", detail)
}
