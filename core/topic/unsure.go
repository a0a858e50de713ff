package topic

import (
	"math"
	"time"
)

// Here stand the points that AWS's documentation leaves open and that nobody has
// recorded from the service, each as one constant or one small function, so
// that new evidence changes one line.

// maxConditions is how many keys one way through a filter policy may have.
// AWS's five keys and 150 combinations leave more only inside a branch of $or.
const maxConditions = 16

// maxMaskBits4 and maxMaskBits6: a CIDR may name one single address. The first
// versions of AWS's rule language refused that.
const (
	maxMaskBits4 = 32
	maxMaskBits6 = 128
)

// maxWork is how many comparisons a policy may cost, a few milliseconds of them.
// Some policies of a hundred bytes take minutes over a message of 256 KB, and all
// deliveries would wait. What then becomes of such a message is not known of AWS;
// here it is delivered.
const maxWork = 1 << 20

// maxNumber bounds the numbers of filter policies on both sides of zero. The
// bound is documented; the text of the refusal was seen only in AWS's rule
// language with another bound. A plain number beyond it, such as an account
// number, is compared as it is spelled, as that language does.
const maxNumber = 1e9

// reservedInOr are the operators: objects in a list of $or that have one of
// these names are match values of an ordinary key named $or.
var reservedInOr = []string{
	"exactly", "prefix", "suffix", "numeric", "anything-but", "cidr", "exists", "equals-ignore-case", "wildcard",
}

// Six more points are in the meaning of filter policies and need a line or two
// where they are decided:
//   - way.holds: two conditions must be satisfied in one element of an array;
//   - walk.satisfied: an object or an empty list is no value, so that its key
//     counts as absent;
//   - exists: the guide wants a value that is not null and not empty for true;
//     that null is not absent either, and that a body without members is taken
//     by false, as a message without attributes is not, is a guess;
//   - equalText, equalNumber: the types are kept apart, also for anything-but;
//   - parseValue: wildcard, which AWS's rule language knows, is refused, and of
//     the objects under anything-but all except prefix;
//   - Decide: with MessageStructure json the body is that of the protocol.

// permanentStatus tells which answers of an http endpoint are final. 4xx is
// documented. A redirect is not followed; that it is final is a guess. 429 is
// said to be retried by AWS's support and not by its guide.
func permanentStatus(status int) bool { return 300 <= status && status <= 499 && status != 429 }

// The curves between the least and the greatest delay, from 0 to 1, for retry i
// of n. The guide has all but the linear as a drawing only. The geometric one
// multiplies and needs none.
func arithmeticCurve(i, n float64) float64  { return i * (i + 1) / (n * (n - 1)) }
func exponentialCurve(i, n float64) float64 { return (math.Exp2(i) - 1) / (math.Exp2(n-1) - 1) }

// Two days are documented for the token and three for the entry; how they fit
// is not. Here a token confirms for two days, and on the third day only one that
// was sent later, on another Subscribe.
const (
	TokenLife   = 48 * time.Hour
	PendingLife = 72 * time.Hour
)

// Tokens were seen with this beginning and 200 to 230 digits. minToken is the
// shortest text that is said to be a token at all; shorter ones and those with
// other characters are an "Invalid token".
const (
	tokenPrefix = "2336412f37"
	minToken    = 64
)

// maxSubject: the API says fewer than 100 characters, the service accepts 100.
// What a character is, is open. That a blank must not be the first was said as
// long as subjects had to be ASCII.
const maxSubject = 100

// maxDisplayName is said to be 100 characters; the exact bound was not seen.
const maxDisplayName = 100

// maxQueueAttributes is the number of message attributes that SQS takes.
// The guide says that raw delivery of more fails as a client-side error.
const maxQueueAttributes = 10

// contentTypes are what headerContentType may name besides images. The guide's
// lists differ; that some need raw delivery is not checked.
var contentTypes = []string{
	"application/atom+xml", "application/json", "application/octet-stream", "application/soap+xml",
	"application/x-www-form-urlencoded", "application/xhtml+xml", "application/xml",
	"text/css", "text/csv", "text/html", "text/plain", "text/xml",
}

// sourceOwners are the services that tell the account for which they publish in
// aws:SourceOwner, which the default policy of topics asks for. That of alarms does
// so; CloudTrail was seen to be refused by the default policy.
var sourceOwners = []string{"cloudwatch.amazonaws.com"}
