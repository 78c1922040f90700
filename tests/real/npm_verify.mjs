// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Two published verifiers of SEV-SNP reports read what the model writes (npm_verifiers.tap):
//
//   node npm_verify.mjs tinfoil|lit MODULES REPORT CHAIN VCEK
//
// MODULES is a folder node_modules. CHAIN has two certificates in PEM, as the key distribution service serves them: the ASK, then
// the ARK. Prints what the verifier says as one JSON object.
import fs from 'node:fs';
import path from 'node:path';
import {createRequire} from 'node:module';
import {pathToFileURL} from 'node:url';

const [who, folder, ...files] = process.argv.slice(2);
const modules = path.resolve(folder);
const [report, chain, vcek] = files.map((file) => fs.readFileSync(file));
const load = (file) => import(pathToFileURL(path.join(modules, file)));
const hex = (bytes) => Buffer.from(bytes).toString('hex');

// @tinfoilsh/verifier has Genoa's roots compiled in, but its CertificateChain takes others.
async function tinfoil() {
    const dist = '@tinfoilsh/verifier/dist/sev';
    const {Report} = await load(`${dist}/report.js`);
    const {CertificateChain} = await load(`${dist}/cert-chain.js`);
    const {verifyAttestation} = await load(`${dist}/verify.js`);
    const {ARK_CERT, ASK_CERT} = await load(`${dist}/certs.js`);
    const {X509Certificate} = await load('@freedomofpress/sigstore-browser/dist/index.js');
    const own = chain.toString().match(/-----BEGIN[^]*?-----END CERTIFICATE-----/g);
    const r = new Report(new Uint8Array(report));
    const said = {
        version: r.version, line: r.productName, vmpl: r.vmpl, policy: Number(r.policy), report_data: hex(r.reportData),
        measurement: hex(r.measurement), host_data: hex(r.hostData), chip_id: hex(r.chipId), tcb: `0x${r.reportedTcb.toString(16)}`,
    };
    for (const [name, ask, ark] of [['model', own[0], own[1]], ['amd', ASK_CERT, ARK_CERT]]) {
        const [a, k, v] = [ark, ask, new Uint8Array(vcek)].map((c) => X509Certificate.parse(c));
        const certificates = new CertificateChain(a, k, v);
        try {
            said[name] = await verifyAttestation(certificates, r);
            certificates.validateVcekTcb({blSpl: report[0x180], teeSpl: report[0x181], snpSpl: report[0x186], ucodeSpl: report[0x187]});
            certificates.validateVcekHwid(r.chipId);
        } catch (error) {
            said[name] = [error, error.cause].filter(Boolean).map((e) => e.message).join(': ');
        }
    }
    return said;
}

// @lit-protocol/sev-snp-utils-sdk is WebAssembly that has Milan's roots compiled in and takes no others.
async function lit() {
    const sdk = createRequire(import.meta.url)(path.join(modules, '@lit-protocol/sev-snp-utils-sdk'));
    await sdk.initWasmSevSnpUtilsSdk();
    const text = report.toString('base64');
    const said = {report: sdk.parse_attestation_report(text), url: sdk.get_vcek_url(text)};
    try {
        await sdk.verify_attestation_report(text, new Uint8Array(vcek));
        said.amd = true;
    } catch (error) {
        said.amd = String(error);
    }
    return said;
}

const said = await {tinfoil, lit}[who]();
console.log(JSON.stringify(said, (_, v) => (typeof v === 'bigint' ? v.toString() : v)));
process.exit(0);
