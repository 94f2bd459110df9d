// An OpenID provider that lets everybody in by name alone: for the tests and for `make demo-sso`, never for real people.
//
// tests/support/openid.py starts it. The first line of standard input is a JSON object:
//     port                       where to listen on 127.0.0.1; 0 takes a free one
//     name                       the institution's name; part of every `sub`, so that a restart changes none
//     client_id, client_secret   the one client
//     redirect_uris, post_logout_redirect_uris
//     claim, claim_in            the claim that carries the SSO user ID; "userinfo" or "id_token" is where it stands
//     people                     [{account, name, sso_user_id, lin}], offered as buttons; two may share an SSO user ID;
//                                `lin` is told as norEduPersonLIN, by which Ladok knows people
// It prints "ready ISSUER" once it listens, and ends on SIGTERM or at the end of standard input, whichever way its
// parent ended.

import { createHash, generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { createInterface } from "node:readline";

import { Provider } from "oidc-provider";

const HOST = "127.0.0.1";
const LIN = "norEduPersonLIN";
const STYLE = `body { font: 1.125rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 2rem auto; padding: 0 1rem;
  color: #1c1c1c; background: #fff }
button, input { font: inherit; padding: .5rem .75rem; border: 1px solid #555; border-radius: .25rem; width: 100%;
  box-sizing: border-box; text-align: left; background: #fff; color: inherit }
button { background: #e6eef8; cursor: pointer }
button:focus-visible, input:focus-visible { outline: 3px solid #0b57d0; outline-offset: 2px }
ul { list-style: none; padding: 0 } li { margin: 0 0 .5rem } label { display: block } p.note { color: #444 }
form { margin: 1rem 0 } input { margin-bottom: .5rem }`;
const HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
  "content-security-policy":
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
};

function escaped(text) {
  return String(text).replace(/[&<>"']/g, (letter) => `&#${letter.codePointAt(0)};`);
}

function page(name, heading, body) {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><title>${escaped(heading)} – ${escaped(name)}</title><style>${STYLE}</style></head>
<body><main><p>${escaped(name)}</p><h1>${escaped(heading)}</h1>
${body}
</main></body>
</html>`;
}

// Everybody whom the provider knows, by `sub`: whoever types a new account name is known from then on.
class Directory {
  constructor({ name, people }) {
    this.name = name;
    this.listed = people;
    this.bySubject = new Map();
    for (const person of people) this.remember(person);
  }

  remember(person) {
    const subject = createHash("sha256").update(`${this.name}\n${person.account}`).digest("hex").slice(0, 32);
    this.bySubject.set(subject, person);
    return subject;
  }

  // Case does not matter in what is typed, as at most institutions; an SSO user ID does for the account name.
  subjectOf(typed) {
    const account = typed.trim();
    const find = (field) => this.listed.find((person) => person[field].toLowerCase() === account.toLowerCase());
    return this.remember(find("account") ?? find("sso_user_id") ?? { account, name: account, sso_user_id: account });
  }

  account(subject, claim) {
    const person = this.bySubject.get(subject);
    if (person === undefined) {
      return undefined;
    }
    const claims = {
      name: person.name,
      preferred_username: person.account,
      email: person.account.includes("@") ? person.account : `${person.account}@provider.example`,
      ...(person.lin ? { [LIN]: person.lin } : {}),
      [claim]: person.sso_user_id,
      sub: subject,
    };
    return { accountId: subject, claims: () => claims };
  }
}

function configuration(settings, directory, port) {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return {
    claims: { openid: ["sub"], profile: ["name", "preferred_username", "email", LIN, settings.claim] },
    clients: [
      {
        client_id: settings.client_id,
        client_secret: settings.client_secret,
        redirect_uris: settings.redirect_uris,
        post_logout_redirect_uris: settings.post_logout_redirect_uris,
        response_types: ["code"],
        grant_types: ["authorization_code"],
        token_endpoint_auth_method: "client_secret_post",
        id_token_signed_response_alg: "RS256",
      },
    ],
    clientAuthMethods: ["client_secret_post"],
    conformIdTokenClaims: settings.claim_in === "userinfo",
    cookies: {
      keys: [randomBytes(32).toString("hex")],
      // Browsers keep cookies by host, whatever the port: two providers on one host must not share a name.
      names: { session: `_session_${port}`, interaction: `_interaction_${port}`, resume: `_resume_${port}` },
    },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => {
          ctx.body = page(
            settings.name,
            "Log out here too?",
            `${form}<button type="submit" form="op.logoutForm" name="logout" value="yes">Log out of ${escaped(settings.name)}</button>`,
          );
        },
      },
    },
    findAccount: (_ctx, subject) => directory.account(subject, settings.claim),
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), alg: "RS256", use: "sig" }] },
    loadExistingGrant: granted,
    pkce: { required: () => true },
    renderError: (ctx, out) => {
      ctx.type = "html";
      ctx.body = page(settings.name, "That did not work", `<p>${escaped(out.error_description ?? out.error)}</p>`);
    },
    responseTypes: ["code"],
    scopes: ["openid", "profile"],
    ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 28800, IdToken: 600, Interaction: 3600, Session: 28800 },
  };
}

// Nobody is asked for consent: whoever logs in has given it.
async function granted(ctx) {
  const { client, params, provider, session } = ctx.oidc;
  const grant = new provider.Grant({ accountId: session.accountId, clientId: client.clientId });
  grant.addOIDCScope(params.scope);
  await grant.save();
  return grant;
}

function loginPage({ name, people }) {
  const buttons = people.map(
    (person) => `<li><button type="submit" name="account" value="${escaped(person.account)}">${escaped(person.name)}
<small>(${escaped(person.account)})</small></button></li>`,
  );
  return page(
    name,
    "Who logs in?",
    `<p class="note">This page stands in for an institution’s login page. It asks for no password.</p>
<form method="post"><ul aria-label="People">${buttons.join("\n")}</ul></form>
<form method="post"><label for="account">Another account name</label>
<input id="account" name="account" required autocomplete="off" autocapitalize="none" spellcheck="false">
<button type="submit">Continue</button></form>`,
  );
}

async function body(request) {
  let text = "";
  for await (const part of request) {
    text += part;
    if (text.length > 10_000) {
      throw new Error("The form is too long.");
    }
  }
  return new URLSearchParams(text);
}

async function interact(provider, settings, directory, request, response) {
  await provider.interactionDetails(request, response); // throws where the browser did not begin here
  const typed = request.method === "POST" ? (await body(request)).get("account") : null;
  if (!typed?.trim()) {
    response.writeHead(200, HEADERS).end(loginPage(settings));
    return;
  }
  await provider.interactionFinished(request, response, { login: { accountId: directory.subjectOf(typed) } });
}

function serve(settings) {
  const directory = new Directory(settings);
  const server = createServer();
  server.on("error", (error) => {
    const said = error.code === "EADDRINUSE" ? `Port ${settings.port} is taken.` : error.message;
    console.error(`The OpenID provider “${settings.name}” could not be started. ${said}`);
    process.exit(1);
  });
  server.listen(settings.port, HOST, () => {
    const { port } = server.address();
    const issuer = `http://${HOST}:${port}`;
    const provider = new Provider(issuer, configuration(settings, directory, port));
    const answer = provider.callback();
    server.on("request", (request, response) => {
      if (!request.url.startsWith("/interaction/")) {
        answer(request, response);
        return;
      }
      interact(provider, settings, directory, request, response).catch((error) => {
        const said = `<p>${escaped(error.error_description ?? error.message)}</p>`;
        response.writeHead(400, HEADERS).end(page(settings.name, "That did not work", said));
      });
    });
    console.log(`ready ${issuer}`);
  });
}

const input = createInterface({ input: process.stdin });
input.once("line", (line) => serve(JSON.parse(line)));
input.once("close", () => process.exit(0));
process.once("SIGTERM", () => process.exit(0));
process.on("SIGINT", () => {}); // Ctrl-C reaches the whole group; the parent says when it is over
