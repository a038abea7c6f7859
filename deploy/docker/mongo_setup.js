// Once: the replica set, and a user for each of the three URLs in the secrets, who may touch its own databases only.
// Run again it changes nothing but the passwords.
const fs = require("fs");
const read = (name) => fs.readFileSync(`/run/secrets/${name}`, "utf8").trim();
const SERVICES = ["intake", "documents", "review", "scheduling", "xoev-gateway"];
const USERS = { mongo: SERVICES, mongo_keyring: ["keyring"], mongo_sessions: ["sessions"] };

const root = `root:${encodeURIComponent(read("mongo_root"))}`;
const first = new Mongo(`mongodb://${root}@mongo:27017/?directConnection=true&authSource=admin`);
try {
  first.getDB("admin").runCommand({ replSetGetStatus: 1 });
} catch (error) {
  if (error.codeName !== "NotYetInitialized") throw error;
  first.getDB("admin").runCommand({
    replSetInitiate: { _id: "rs0", members: [{ _id: 0, host: "mongo:27017" }] },
  });
}

// Waits until there is a primary to write to.
const admin = new Mongo(`mongodb://${root}@mongo:27017/?replicaSet=rs0&authSource=admin`).getDB("admin");
for (const [secret, parts] of Object.entries(USERS)) {
  const { username, password } = new URL(read(secret));
  const user = {
    pwd: decodeURIComponent(password),
    roles: parts.map((part) => ({ role: "readWrite", db: `aktenlauf-${part}` })),
  };
  if (admin.getUser(username)) admin.updateUser(username, user);
  else admin.createUser({ user: username, ...user });
}
