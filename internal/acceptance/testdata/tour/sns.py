"""The tour of SNS: topics, subscriptions that are confirmed over HTTP, what they are told."""

import http.server
import json
import queue
import threading
import urllib.parse

from tour import ACCOUNT, REGION, client, refused, same

sns = client("sns")
told = queue.Queue()


class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        told.put((self.path, self.headers, body.decode()))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


hook = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
threading.Thread(target=hook.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{hook.server_port}"


def next_told():
    path, headers, body = told.get(timeout=180)
    return path, headers, body


# Topics.
topic = sns.create_topic(Name="tour", Attributes={"DisplayName": "Tour"}, Tags=[{"Key": "of", "Value": "boto3"}])["TopicArn"]
same(topic, f"arn:aws:sns:{REGION}:{ACCOUNT}:tour")
same(sns.create_topic(Name="tour")["TopicArn"], topic)
others = [sns.create_topic(Name=f"tour-{i}")["TopicArn"] for i in range(3)]
listed = [t["TopicArn"] for page in sns.get_paginator("list_topics").paginate() for t in page["Topics"]]
assert {topic, *others} <= set(listed) and len(listed) == len(set(listed))
with refused(sns.exceptions.InvalidParameterException, message="Invalid parameter: Topic Name"):
    sns.create_topic(Name="no name")
with refused(sns.exceptions.InvalidParameterException):
    sns.create_topic(Name="tour", Attributes={"DisplayName": "Another"})
sns.set_topic_attributes(TopicArn=topic, AttributeName="DisplayName", AttributeValue="The tour")
attributes = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
same((attributes["DisplayName"], attributes["Owner"], attributes["SubscriptionsConfirmed"]), ("The tour", ACCOUNT, "0"))
missing = f"arn:aws:sns:{REGION}:{ACCOUNT}:missing"
with refused(sns.exceptions.NotFoundException, message="Topic does not exist"):
    sns.get_topic_attributes(TopicArn=missing)
same(sns.list_tags_for_resource(ResourceArn=topic)["Tags"], [{"Key": "of", "Value": "boto3"}])
sns.tag_resource(ResourceArn=topic, Tags=[{"Key": "team", "Value": "security"}])
sns.untag_resource(ResourceArn=topic, TagKeys=["of"])
same(sns.list_tags_for_resource(ResourceArn=topic)["Tags"], [{"Key": "team", "Value": "security"}])
with refused(sns.exceptions.ResourceNotFoundException):
    sns.list_tags_for_resource(ResourceArn=missing)
sns.add_permission(TopicArn=topic, Label="partner", AWSAccountId=["111122223333"], ActionName=["Publish"])
policy = json.loads(sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"])
partner = [s for s in policy["Statement"] if s.get("Sid") == "partner"][0]
same((partner["Action"], partner["Principal"]["AWS"]), ("SNS:Publish", "arn:aws:iam::111122223333:root"))
sns.remove_permission(TopicArn=topic, Label="partner")
assert "partner" not in sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]
protection = json.dumps({"Name": "none", "Description": "", "Version": "2021-06-01", "Statement": [
    {"Sid": "audit", "DataDirection": "Inbound", "Principal": ["*"], "DataIdentifier": ["arn:aws:dataprotection::aws:data-identifier/EmailAddress"],
     "Operation": {"Deny": {}}}]})
same(sns.get_data_protection_policy(ResourceArn=topic).get("DataProtectionPolicy", ""), "")
with refused("InvalidParameter", operation="PutDataProtectionPolicy"):
    sns.put_data_protection_policy(ResourceArn=topic, DataProtectionPolicy=protection)

# A subscription over HTTP is pending until its token comes back.
pending = sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=address + "/all", Attributes={"RawMessageDelivery": "false"})
same(pending["SubscriptionArn"], "pending confirmation")
path, headers, body = next_told()
asked = json.loads(body)
same((path, headers["x-amz-sns-message-type"], asked["Type"], asked["TopicArn"]), ("/all", "SubscriptionConfirmation", "SubscriptionConfirmation", topic))
same(urllib.parse.parse_qs(urllib.parse.urlsplit(asked["SubscribeURL"]).query)["Token"], [asked["Token"]])
same(sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"][0]["SubscriptionArn"], "PendingConfirmation")
with refused(sns.exceptions.InvalidParameterException):
    sns.confirm_subscription(TopicArn=topic, Token="made up")
all_of_it = sns.confirm_subscription(TopicArn=topic, Token=asked["Token"])["SubscriptionArn"]
assert all_of_it.startswith(topic + ":")
some = sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=address + "/some", ReturnSubscriptionArn=True,
                     Attributes={"RawMessageDelivery": "true", "FilterPolicy": json.dumps({"severity": ["high"]})})["SubscriptionArn"]
assert some.startswith(topic + ":")
same(sns.confirm_subscription(TopicArn=topic, Token=json.loads(next_told()[2])["Token"])["SubscriptionArn"], some)
mail = sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="security@example.com", ReturnSubscriptionArn=True)["SubscriptionArn"]
with refused(sns.exceptions.InvalidParameterException, message="Invalid parameter: Email address"):
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="nobody")
with refused(sns.exceptions.NotFoundException):
    sns.subscribe(TopicArn=missing, Protocol="email", Endpoint="security@example.com")
of_topic = [s for p in sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic) for s in p["Subscriptions"]]
same({s["SubscriptionArn"] for s in of_topic}, {all_of_it, some, "PendingConfirmation"})
assert all_of_it in [s["SubscriptionArn"] for p in sns.get_paginator("list_subscriptions").paginate() for s in p["Subscriptions"]]
same(sns.get_subscription_attributes(SubscriptionArn=mail)["Attributes"]["PendingConfirmation"], "true")
got = sns.get_subscription_attributes(SubscriptionArn=some)["Attributes"]
same((got["RawMessageDelivery"], json.loads(got["FilterPolicy"]), got["FilterPolicyScope"], got["Protocol"]), ("true", {"severity": ["high"]}, "MessageAttributes", "http"))
sns.set_subscription_attributes(SubscriptionArn=some, AttributeName="FilterPolicy", AttributeValue=json.dumps({"severity": ["high", "critical"]}))
with refused(sns.exceptions.InvalidParameterException, message="FilterPolicy"):
    sns.set_subscription_attributes(SubscriptionArn=some, AttributeName="FilterPolicy", AttributeValue="{")

# What is published comes to whom it concerns.
severity = {"severity": {"DataType": "String", "StringValue": "critical"}}
sent = sns.publish(TopicArn=topic, Subject="Of the tour", Message="text", MessageAttributes=severity)
both = dict((path, (headers, body)) for path, headers, body in (next_told(), next_told()))
notice = json.loads(both["/all"][1])
same((notice["Type"], notice["Subject"], notice["Message"], notice["MessageId"]), ("Notification", "Of the tour", "text", sent["MessageId"]))
same(notice["MessageAttributes"], {"severity": {"Type": "String", "Value": "critical"}})
same((both["/some"][1], both["/some"][0]["x-amz-sns-rawdelivery"]), ("text", "true"))
sns.publish(TopicArn=topic, MessageStructure="json", Message=json.dumps({"default": "d", "http": "by http"}))
same(json.loads(next_told()[2])["Message"], "by http")
with refused(sns.exceptions.InvalidParameterException, message="Empty message"):
    sns.publish(TopicArn=topic, Message="")
with refused(sns.exceptions.NotFoundException):
    sns.publish(TopicArn=missing, Message="x")
batch = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[{"Id": "a", "Message": "first"}, {"Id": "b", "Message": "second"}])
same(([e["Id"] for e in batch["Successful"]], batch["Failed"]), (["a", "b"], []))
same({json.loads(next_told()[2])["Message"] for _ in range(2)}, {"first", "second"})
with refused(sns.exceptions.BatchEntryIdsNotDistinctException):
    sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[{"Id": "a", "Message": "1"}, {"Id": "a", "Message": "2"}])
with refused(sns.exceptions.TooManyEntriesInBatchRequestException):
    sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[{"Id": str(i), "Message": "m"} for i in range(11)])

sns.unsubscribe(SubscriptionArn=all_of_it)
with refused(sns.exceptions.NotFoundException):
    sns.get_subscription_attributes(SubscriptionArn=all_of_it)
for arn in (topic, *others, topic):  # once more does no harm
    sns.delete_topic(TopicArn=arn)
assert topic not in [t["TopicArn"] for t in sns.list_topics()["Topics"]]
assert told.empty(), told.get()
