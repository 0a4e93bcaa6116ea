<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="da_DK" sourcelanguage="en">
<context>
    <name>SLMDesk</name>
    <message>
        <source> left</source>
        <translation> tilbage</translation>
    </message>
    <message>
        <source>, KV cache in {0}</source>
        <translation>, KV-cache i {0}</translation>
    </message>
    <message>
        <source>, with a context of {0} tokens</source>
        <translation>, med en kontekst på {0} tokens</translation>
    </message>
    <message>
        <source>, {0} active</source>
        <translation>, {0} aktive</translation>
    </message>
    <message>
        <source>, {0} on the graphics card</source>
        <translation>, {0} på grafikkortet</translation>
    </message>
    <message>
        <source>, {1} were here already</source>
        <translation>, {1} var her allerede</translation>
    </message>
    <message>
        <source>0 always takes the likeliest word; higher values vary more.</source>
        <translation>0 tager altid det mest sandsynlige ord; højere værdier varierer mere.</translation>
    </message>
    <message>
        <source>0.1 to 1.5 billion parameters</source>
        <translation>0,1 til 1,5 milliarder parametre</translation>
    </message>
    <message>
        <source>1 chat exported to {1}</source>
        <translation>1 chat eksporteret til {1}</translation>
    </message>
    <message>
        <source>1 chat imported</source>
        <translation>1 chat importeret</translation>
    </message>
    <message>
        <source>1 connection</source>
        <translation>1 forbindelse</translation>
    </message>
    <message>
        <source>1 deleted model is in the bin, {1}.</source>
        <translation>1 slettet model ligger i papirkurven, {1}.</translation>
    </message>
    <message>
        <source>1 download under way</source>
        <translation>1 download i gang</translation>
    </message>
    <message>
        <source>1 hit</source>
        <translation>1 fund</translation>
    </message>
    <message>
        <source>1 job</source>
        <translation>1 opgave</translation>
    </message>
    <message>
        <source>1 job failed</source>
        <translation>1 opgave mislykkedes</translation>
    </message>
    <message>
        <source>1 line</source>
        <translation>1 linje</translation>
    </message>
    <message>
        <source>1 model</source>
        <translation>1 model</translation>
    </message>
    <message>
        <source>1 model in the library now</source>
        <translation>1 model i biblioteket nu</translation>
    </message>
    <message>
        <source>1 model lies here more than once. {0} can be won back.</source>
        <translation>1 model ligger her mere end én gang. {0} kan frigøres.</translation>
    </message>
    <message>
        <source>1 model · {0}</source>
        <translation>1 model · {0}</translation>
    </message>
    <message>
        <source>1 new model</source>
        <translation>1 ny model</translation>
    </message>
    <message>
        <source>1 place</source>
        <translation>1 sted</translation>
    </message>
    <message>
        <source>1 slot</source>
        <translation>1 plads</translation>
    </message>
    <message>
        <source>1 token</source>
        <translation>1 token</translation>
    </message>
    <message>
        <source>1.5 to 14 billion parameters</source>
        <translation>1,5 til 14 milliarder parametre</translation>
    </message>
    <message>
        <source>14 to 30 billion parameters</source>
        <translation>14 til 30 milliarder parametre</translation>
    </message>
    <message>
        <source>A PEM file of your organisation, if it inspects connections.</source>
        <translation>En PEM-fil fra din organisation, hvis den kontrollerer forbindelser.</translation>
    </message>
    <message>
        <source>A balance</source>
        <translation>En god balance</translation>
    </message>
    <message>
        <source>A download waits before the disk has less free space than this.</source>
        <translation>En download venter, hvis disken ellers ville få mindre ledig plads end dette.</translation>
    </message>
    <message>
        <source>A fault in SLMDesk</source>
        <translation>En fejl i SLMDesk</translation>
    </message>
    <message>
        <source>A large file comes in parts, over several connections side by side.</source>
        <translation>En stor fil hentes i dele over flere forbindelser samtidig.</translation>
    </message>
    <message>
        <source>A link</source>
        <translation>Et link</translation>
    </message>
    <message>
        <source>A quantized source has lost some of its precision; quantizing it again loses more than it needs to, and the figures only tell what was lost since.</source>
        <translation>En kvantiseret kilde har mistet noget af sin præcision; kvantiseres den igen, mistes mere end nødvendigt, og tallene viser kun det, der er mistet siden.</translation>
    </message>
    <message>
        <source>A quantized value cache needs flash attention.</source>
        <translation>En kvantiseret værdicache kræver flash attention.</translation>
    </message>
    <message>
        <source>A recommendation appears with the first measured file.</source>
        <translation>En anbefaling vises med den første målte fil.</translation>
    </message>
    <message>
        <source>A token comes from the variable HF_TOKEN.</source>
        <translation>Et token kommer fra variablen HF_TOKEN.</translation>
    </message>
    <message>
        <source>A token for {0}</source>
        <translation>Et token til {0}</translation>
    </message>
    <message>
        <source>A token is in the keyring now.</source>
        <translation>Der ligger nu et token i nøgleringen.</translation>
    </message>
    <message>
        <source>A token is kept until SLMDesk is closed.</source>
        <translation>Et token gemmes, indtil SLMDesk lukkes.</translation>
    </message>
    <message>
        <source>Abilities</source>
        <translation>Evner</translation>
    </message>
    <message>
        <source>Ability</source>
        <translation>Evne</translation>
    </message>
    <message>
        <source>About</source>
        <translation>Om</translation>
    </message>
    <message>
        <source>About this model</source>
        <translation>Om denne model</translation>
    </message>
    <message>
        <source>About {0} min of measuring</source>
        <translation>Cirka {0} min måling</translation>
    </message>
    <message>
        <source>About {0} tok/s answering, {1} tok/s reading</source>
        <translation>Cirka {0} tok/s under svar, {1} tok/s under læsning</translation>
    </message>
    <message>
        <source>Above 1 makes repeated words less likely.</source>
        <translation>Over 1 gør gentagne ord mindre sandsynlige.</translation>
    </message>
    <message>
        <source>Access</source>
        <translation>Adgang</translation>
    </message>
    <message>
        <source>Access token</source>
        <translation>Adgangstoken</translation>
    </message>
    <message>
        <source>Active parameters</source>
        <translation>Aktive parametre</translation>
    </message>
    <message>
        <source>Add</source>
        <translation>Tilføj</translation>
    </message>
    <message>
        <source>Add a folder</source>
        <translation>Tilføj en mappe</translation>
    </message>
    <message>
        <source>Add a tag</source>
        <translation>Tilføj et mærke</translation>
    </message>
    <message>
        <source>Add model files</source>
        <translation>Tilføj modelfiler</translation>
    </message>
    <message>
        <source>Add: {0}</source>
        <translation>Tilføj: {0}</translation>
    </message>
    <message>
        <source>Added</source>
        <translation>Tilføjet</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>Adresse</translation>
    </message>
    <message>
        <source>Addresses of your own network</source>
        <translation>Adresser på dit eget netværk</translation>
    </message>
    <message>
        <source>Agree to the terms on the model's page with your account, then give SLMDesk a token of it.</source>
        <translation>Acceptér vilkårene på modellens side med din konto, og giv så SLMDesk et token fra kontoen.</translation>
    </message>
    <message>
        <source>All</source>
        <translation>Alle</translation>
    </message>
    <message>
        <source>All chats and the bin. Wiping them wipes the backups as well.</source>
        <translation>Alle chats og papirkurven. Ryddes de, ryddes sikkerhedskopierne også.</translation>
    </message>
    <message>
        <source>All chats, settings, measurements, logs, backups and tokens of this profile are removed, and SLMDesk closes. There is no way back.</source>
        <translation>Alle chats, indstillinger, målinger, logfiler, sikkerhedskopier og tokens i denne profil fjernes, og SLMDesk lukker. Det kan ikke fortrydes.</translation>
    </message>
    <message>
        <source>All copies stay where they are and can be used as before, but lie on the disk once. The files are compared again first. Replaced by a link:

{0}</source>
        <translation>Alle kopier bliver, hvor de er, og kan bruges som før, men ligger kun på disken én gang. Filerne sammenlignes igen først. Erstattes af et link:

{0}</translation>
    </message>
    <message>
        <source>All fields of the header</source>
        <translation>Alle felter i headeren</translation>
    </message>
    <message>
        <source>All files (*)</source>
        <translation>Alle filer (*)</translation>
    </message>
    <message>
        <source>All lines are forgotten for good. The hosts you allowed stay allowed.</source>
        <translation>Alle linjer glemmes for altid. De værter, du har tilladt, er fortsat tilladt.</translation>
    </message>
    <message>
        <source>All models</source>
        <translation>Alle modeller</translation>
    </message>
    <message>
        <source>All reasons</source>
        <translation>Alle grunde</translation>
    </message>
    <message>
        <source>All reasons for {0}</source>
        <translation>Alle grunde til {0}</translation>
    </message>
    <message>
        <source>All that run</source>
        <translation>Alle, der kan køre</translation>
    </message>
    <message>
        <source>Allow a host</source>
        <translation>Tillad en vært</translation>
    </message>
    <message>
        <source>Allow {0}</source>
        <translation>Tillad {0}</translation>
    </message>
    <message>
        <source>Allow {0} and test</source>
        <translation>Tillad {0} og test</translation>
    </message>
    <message>
        <source>Allowed</source>
        <translation>Tilladt</translation>
    </message>
    <message>
        <source>Allowed hosts</source>
        <translation>Tilladte værter</translation>
    </message>
    <message>
        <source>Also addresses of your own network that you named.</source>
        <translation>Også adresser på dit eget netværk, som du har angivet.</translation>
    </message>
    <message>
        <source>Also hosts you allowed, when something you do needs them.</source>
        <translation>Også værter, du har tilladt, når noget, du gør, kræver dem.</translation>
    </message>
    <message>
        <source>Also models that are quantized already</source>
        <translation>Også modeller, der allerede er kvantiseret</translation>
    </message>
    <message>
        <source>An HTTP proxy with its port.</source>
        <translation>En HTTP-proxy med port.</translation>
    </message>
    <message>
        <source>Another token</source>
        <translation>Et andet token</translation>
    </message>
    <message>
        <source>Answer</source>
        <translation>Svar</translation>
    </message>
    <message>
        <source>Answer again</source>
        <translation>Svar igen</translation>
    </message>
    <message>
        <source>Answer again with another model</source>
        <translation>Svar igen med en anden model</translation>
    </message>
    <message>
        <source>Answer as JSON schema</source>
        <translation>Svar efter JSON-skema</translation>
    </message>
    <message>
        <source>Answer as JSON schema: on</source>
        <translation>Svar efter JSON-skema: til</translation>
    </message>
    <message>
        <source>Answer: {0} tokens at {1}</source>
        <translation>Svar: {0} tokens med {1}</translation>
    </message>
    <message>
        <source>Any</source>
        <translation>Alle</translation>
    </message>
    <message>
        <source>Any format</source>
        <translation>Alle formater</translation>
    </message>
    <message>
        <source>Any licence</source>
        <translation>Alle licenser</translation>
    </message>
    <message>
        <source>Any size</source>
        <translation>Alle størrelser</translation>
    </message>
    <message>
        <source>Any task</source>
        <translation>Alle opgavetyper</translation>
    </message>
    <message>
        <source>Anyone can download them</source>
        <translation>Alle kan hente dem</translation>
    </message>
    <message>
        <source>Appearance</source>
        <translation>Udseende</translation>
    </message>
    <message>
        <source>Architecture</source>
        <translation>Arkitektur</translation>
    </message>
    <message>
        <source>At most {0} of memory, loaded in {1}</source>
        <translation>Højst {0} hukommelse, indlæst på {1}</translation>
    </message>
    <message>
        <source>Attach</source>
        <translation>Vedhæft</translation>
    </message>
    <message>
        <source>Attach files</source>
        <translation>Vedhæft filer</translation>
    </message>
    <message>
        <source>Attached files</source>
        <translation>Vedhæftede filer</translation>
    </message>
    <message>
        <source>Attention heads</source>
        <translation>Attention-hoveder</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>Automatisk</translation>
    </message>
    <message>
        <source>Automatic: the model's own length, at most 4,096 tokens. More costs memory.</source>
        <translation>Automatisk: modellens egen længde, højst 4.096 tokens. Mere koster hukommelse.</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>Tilbage</translation>
    </message>
    <message>
        <source>Back to the chats</source>
        <translation>Tilbage til chats</translation>
    </message>
    <message>
        <source>Backups</source>
        <translation>Sikkerhedskopier</translation>
    </message>
    <message>
        <source>Balanced</source>
        <translation>Afbalanceret</translation>
    </message>
    <message>
        <source>Batch</source>
        <translation>Batch</translation>
    </message>
    <message>
        <source>Below SLM</source>
        <translation>Under SLM</translation>
    </message>
    <message>
        <source>Bin</source>
        <translation>Papirkurv</translation>
    </message>
    <message>
        <source>Bits</source>
        <translation>Bit</translation>
    </message>
    <message>
        <source>Bits per weight</source>
        <translation>Bit pr. vægt</translation>
    </message>
    <message>
        <source>Blocked</source>
        <translation>Blokeret</translation>
    </message>
    <message>
        <source>Branch into a new chat</source>
        <translation>Fortsæt i en ny chat</translation>
    </message>
    <message>
        <source>Broke off</source>
        <translation>Brød af</translation>
    </message>
    <message>
        <source>Bytes</source>
        <translation>Byte</translation>
    </message>
    <message>
        <source>CPU</source>
        <translation>CPU</translation>
    </message>
    <message>
        <source>Calling tools</source>
        <translation>Brug af værktøjer</translation>
    </message>
    <message>
        <source>Can call functions that a program offers it</source>
        <translation>Kan kalde funktioner, som et program stiller til rådighed</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Annuller</translation>
    </message>
    <message>
        <source>Cancel and delete what has come</source>
        <translation>Annuller, og slet det hentede</translation>
    </message>
    <message>
        <source>Cancel the download</source>
        <translation>Annuller downloaden</translation>
    </message>
    <message>
        <source>Cancel the download of {0}?</source>
        <translation>Annuller downloaden af {0}?</translation>
    </message>
    <message>
        <source>Cancel the load</source>
        <translation>Annuller indlæsningen</translation>
    </message>
    <message>
        <source>Cancelled</source>
        <translation>Annulleret</translation>
    </message>
    <message>
        <source>Cannot be loaded</source>
        <translation>Kan ikke indlæses</translation>
    </message>
    <message>
        <source>Certificate</source>
        <translation>Certifikat</translation>
    </message>
    <message>
        <source>Change the key</source>
        <translation>Skift nøgle</translation>
    </message>
    <message>
        <source>Chart of size against KL divergence</source>
        <translation>Diagram over størrelse mod KL-divergens</translation>
    </message>
    <message>
        <source>Chat</source>
        <translation>Chat</translation>
    </message>
    <message>
        <source>Chat template</source>
        <translation>Chatskabelon</translation>
    </message>
    <message>
        <source>Chat with the model</source>
        <translation>Chat med modellen</translation>
    </message>
    <message>
        <source>Chat with {0}</source>
        <translation>Chat med {0}</translation>
    </message>
    <message>
        <source>Chats</source>
        <translation>Chats</translation>
    </message>
    <message>
        <source>Chats in the bin are removed for good after 30 days.</source>
        <translation>Chats i papirkurven fjernes for altid efter 30 dage.</translation>
    </message>
    <message>
        <source>Choose a file</source>
        <translation>Vælg en fil</translation>
    </message>
    <message>
        <source>Choose a model</source>
        <translation>Vælg en model</translation>
    </message>
    <message>
        <source>Choose a model to see what it needs.</source>
        <translation>Vælg en model for at se, hvad den kræver.</translation>
    </message>
    <message>
        <source>Choose a text</source>
        <translation>Vælg en tekst</translation>
    </message>
    <message>
        <source>Choose at least two models</source>
        <translation>Vælg mindst to modeller</translation>
    </message>
    <message>
        <source>Choose none</source>
        <translation>Fravælg alle</translation>
    </message>
    <message>
        <source>Choose recipes</source>
        <translation>Vælg opskrifter</translation>
    </message>
    <message>
        <source>Class</source>
        <translation>Klasse</translation>
    </message>
    <message>
        <source>Clear</source>
        <translation>Ryd</translation>
    </message>
    <message>
        <source>Clear finished</source>
        <translation>Ryd afsluttede</translation>
    </message>
    <message>
        <source>Clear the search</source>
        <translation>Ryd søgningen</translation>
    </message>
    <message>
        <source>Click to sort, drag to move, right-click to choose columns</source>
        <translation>Klik for at sortere, træk for at flytte, højreklik for at vælge kolonner</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Luk</translation>
    </message>
    <message>
        <source>Close the details</source>
        <translation>Luk detaljerne</translation>
    </message>
    <message>
        <source>Columns and sorting</source>
        <translation>Kolonner og sortering</translation>
    </message>
    <message>
        <source>Comes in a later version</source>
        <translation>Kommer i en senere version</translation>
    </message>
    <message>
        <source>Commit</source>
        <translation>Commit</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>Sammenlign</translation>
    </message>
    <message>
        <source>Compare likely copies</source>
        <translation>Sammenlign sandsynlige kopier</translation>
    </message>
    <message>
        <source>Compare {0}</source>
        <translation>Sammenlign {0}</translation>
    </message>
    <message>
        <source>Compares the file with its source's checksum, loads it, and has it write one sentence.</source>
        <translation>Sammenligner filen med kildens kontrolsum, indlæser den og lader den skrive én sætning.</translation>
    </message>
    <message>
        <source>Comparing copies of models</source>
        <translation>Sammenligner kopier af modeller</translation>
    </message>
    <message>
        <source>Comparing in the background</source>
        <translation>Sammenligner i baggrunden</translation>
    </message>
    <message>
        <source>Computing the checksum</source>
        <translation>Beregner kontrolsummen</translation>
    </message>
    <message>
        <source>Computing the importance matrix</source>
        <translation>Beregner vigtighedsmatrixen</translation>
    </message>
    <message>
        <source>Connection</source>
        <translation>Forbindelse</translation>
    </message>
    <message>
        <source>Connections</source>
        <translation>Forbindelser</translation>
    </message>
    <message>
        <source>Connections per file</source>
        <translation>Forbindelser pr. fil</translation>
    </message>
    <message>
        <source>Context</source>
        <translation>Kontekst</translation>
    </message>
    <message>
        <source>Context for new loads</source>
        <translation>Kontekst ved ny indlæsning</translation>
    </message>
    <message>
        <source>Context length</source>
        <translation>Kontekstlængde</translation>
    </message>
    <message>
        <source>Context of {0} tokens</source>
        <translation>Kontekst på {0} tokens</translation>
    </message>
    <message>
        <source>Context {0} / {1}</source>
        <translation>Kontekst {0} / {1}</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>Fortsæt</translation>
    </message>
    <message>
        <source>Copied</source>
        <translation>Kopieret</translation>
    </message>
    <message>
        <source>Copied {0}</source>
        <translation>{0} kopieret</translation>
    </message>
    <message>
        <source>Copies of the database from before an update.</source>
        <translation>Kopier af databasen fra før en opdatering.</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopiér</translation>
    </message>
    <message>
        <source>Copy name</source>
        <translation>Kopiér navn</translation>
    </message>
    <message>
        <source>Copy path</source>
        <translation>Kopiér sti</translation>
    </message>
    <message>
        <source>Copy text</source>
        <translation>Kopiér tekst</translation>
    </message>
    <message>
        <source>Copy the link's address</source>
        <translation>Kopiér linkets adresse</translation>
    </message>
    <message>
        <source>Copy the listing ({0})</source>
        <translation>Kopiér kodestykket ({0})</translation>
    </message>
    <message>
        <source>Copy the whole message</source>
        <translation>Kopiér hele beskeden</translation>
    </message>
    <message>
        <source>Copy value</source>
        <translation>Kopiér værdi</translation>
    </message>
    <message>
        <source>Curated</source>
        <translation>Udvalgte</translation>
    </message>
    <message>
        <source>DRY allowed length</source>
        <translation>DRY tilladt længde</translation>
    </message>
    <message>
        <source>DRY base</source>
        <translation>DRY-basis</translation>
    </message>
    <message>
        <source>DRY strength</source>
        <translation>DRY-styrke</translation>
    </message>
    <message>
        <source>DRY window</source>
        <translation>DRY-vindue</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Mørkt</translation>
    </message>
    <message>
        <source>Data folder</source>
        <translation>Datamappe</translation>
    </message>
    <message>
        <source>Decrypt the chats</source>
        <translation>Dekryptér chats</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Slet</translation>
    </message>
    <message>
        <source>Delete forever</source>
        <translation>Slet for altid</translation>
    </message>
    <message>
        <source>Delete single ones in Models. Folders of other programs are not counted.</source>
        <translation>Slet dem enkeltvis under Modeller. Andre programmers mapper tælles ikke med.</translation>
    </message>
    <message>
        <source>Delete this chat forever?</source>
        <translation>Slet denne chat for altid?</translation>
    </message>
    <message>
        <source>Delete this copy</source>
        <translation>Slet denne kopi</translation>
    </message>
    <message>
        <source>Delete this run and its files</source>
        <translation>Slet denne kørsel og dens filer</translation>
    </message>
    <message>
        <source>Delete “{0}”</source>
        <translation>Slet “{0}”</translation>
    </message>
    <message>
        <source>Deleted; {0} are free again</source>
        <translation>Slettet; {0} er ledige igen</translation>
    </message>
    <message>
        <source>Descending</source>
        <translation>Faldende</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>Detaljer</translation>
    </message>
    <message>
        <source>Details of the model</source>
        <translation>Detaljer om modellen</translation>
    </message>
    <message>
        <source>Details of {0}</source>
        <translation>Detaljer om {0}</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>Enhed</translation>
    </message>
    <message>
        <source>Discard</source>
        <translation>Kassér</translation>
    </message>
    <message>
        <source>Discarded; {0} are free again</source>
        <translation>Kasseret; {0} er ledige igen</translation>
    </message>
    <message>
        <source>Discover</source>
        <translation>Udforsk</translation>
    </message>
    <message>
        <source>Discover models</source>
        <translation>Udforsk modeller</translation>
    </message>
    <message>
        <source>Dismiss</source>
        <translation>Luk</translation>
    </message>
    <message>
        <source>Do not allow {0} any more</source>
        <translation>Tillad ikke {0} længere</translation>
    </message>
    <message>
        <source>Does not run here</source>
        <translation>Kan ikke køre her</translation>
    </message>
    <message>
        <source>Done</source>
        <translation>Færdig</translation>
    </message>
    <message>
        <source>Download</source>
        <translation>Hent</translation>
    </message>
    <message>
        <source>Download folder</source>
        <translation>Downloadmappe</translation>
    </message>
    <message>
        <source>Downloaded</source>
        <translation>Hentet</translation>
    </message>
    <message>
        <source>Downloaded and verified</source>
        <translation>Hentet og kontrolleret</translation>
    </message>
    <message>
        <source>Downloaded models</source>
        <translation>Hentede modeller</translation>
    </message>
    <message>
        <source>Downloaded; its source publishes no checksum</source>
        <translation>Hentet; kilden oplyser ingen kontrolsum</translation>
    </message>
    <message>
        <source>Downloading</source>
        <translation>Henter</translation>
    </message>
    <message>
        <source>Downloading {0}</source>
        <translation>Henter {0}</translation>
    </message>
    <message>
        <source>Downloads</source>
        <translation>Downloads</translation>
    </message>
    <message>
        <source>Downloads at once</source>
        <translation>Samtidige downloads</translation>
    </message>
    <message>
        <source>Drop a model file or a folder here, add a folder that holds some, or download one.</source>
        <translation>Slip en modelfil eller en mappe her, tilføj en mappe med modeller, eller hent en.</translation>
    </message>
    <message>
        <source>Drop it here to add it to the library</source>
        <translation>Slip den her for at føje den til biblioteket</translation>
    </message>
    <message>
        <source>Duplicates</source>
        <translation>Dubletter</translation>
    </message>
    <message>
        <source>Edit</source>
        <translation>Redigér</translation>
    </message>
    <message>
        <source>Edit the message</source>
        <translation>Redigér beskeden</translation>
    </message>
    <message>
        <source>Edit your last message, in an empty box</source>
        <translation>Redigér din seneste besked, i et tomt felt</translation>
    </message>
    <message>
        <source>Embedding</source>
        <translation>Embedding</translation>
    </message>
    <message>
        <source>Embeddings</source>
        <translation>Embeddings</translation>
    </message>
    <message>
        <source>Empty bin</source>
        <translation>Tøm papirkurv</translation>
    </message>
    <message>
        <source>Empty the bin</source>
        <translation>Tøm papirkurven</translation>
    </message>
    <message>
        <source>Empty the bin?</source>
        <translation>Tøm papirkurven?</translation>
    </message>
    <message>
        <source>Encrypt</source>
        <translation>Kryptér</translation>
    </message>
    <message>
        <source>Encrypt the chats</source>
        <translation>Kryptér chats</translation>
    </message>
    <message>
        <source>Encrypt the chats?</source>
        <translation>Kryptér chats?</translation>
    </message>
    <message>
        <source>Encryption</source>
        <translation>Kryptering</translation>
    </message>
    <message>
        <source>End the search</source>
        <translation>Afslut søgningen</translation>
    </message>
    <message>
        <source>Ends the step that is under way; it begins again when you continue</source>
        <translation>Afslutter det trin, der er i gang; det begynder forfra, når du fortsætter</translation>
    </message>
    <message>
        <source>Engine {0}</source>
        <translation>Motor {0}</translation>
    </message>
    <message>
        <source>Enter a token</source>
        <translation>Indtast et token</translation>
    </message>
    <message>
        <source>Erase and close</source>
        <translation>Slet og luk</translation>
    </message>
    <message>
        <source>Erase everything</source>
        <translation>Slet alt</translation>
    </message>
    <message>
        <source>Error</source>
        <translation>Fejl</translation>
    </message>
    <message>
        <source>Estimated from the number of parameters</source>
        <translation>Anslået ud fra antallet af parametre</translation>
    </message>
    <message>
        <source>Every model lies here only once.</source>
        <translation>Hver model ligger her kun én gang.</translation>
    </message>
    <message>
        <source>Everyday questions and writing</source>
        <translation>Hverdagsspørgsmål og skrivning</translation>
    </message>
    <message>
        <source>Everything</source>
        <translation>Alt</translation>
    </message>
    <message>
        <source>Everything (JSON), to import elsewhere</source>
        <translation>Alt (JSON), til import et andet sted</translation>
    </message>
    <message>
        <source>Everything runs on this computer.</source>
        <translation>Alt kører på denne computer.</translation>
    </message>
    <message>
        <source>Everything that SLMDesk keeps lies in this folder, and nothing of it leaves this computer.</source>
        <translation>Alt, hvad SLMDesk gemmer, ligger i denne mappe, og intet af det forlader denne computer.</translation>
    </message>
    <message>
        <source>Everything you downloaded is up to date</source>
        <translation>Alt, du har hentet, er opdateret</translation>
    </message>
    <message>
        <source>Expected loss</source>
        <translation>Forventet tab</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>Eksportér</translation>
    </message>
    <message>
        <source>Export all chats</source>
        <translation>Eksportér alle chats</translation>
    </message>
    <message>
        <source>Export as a bundle</source>
        <translation>Eksportér som pakke</translation>
    </message>
    <message>
        <source>Export as a bundle for another machine</source>
        <translation>Eksportér som pakke til en anden computer</translation>
    </message>
    <message>
        <source>Export the list of connections</source>
        <translation>Eksportér listen over forbindelser</translation>
    </message>
    <message>
        <source>Export the report</source>
        <translation>Eksportér rapporten</translation>
    </message>
    <message>
        <source>Export to {0}</source>
        <translation>Eksportér til {0}</translation>
    </message>
    <message>
        <source>Export {0}</source>
        <translation>Eksportér {0}</translation>
    </message>
    <message>
        <source>Exported chats (*.json *.zip);;All (*)</source>
        <translation>Eksporterede chats (*.json *.zip);;Alle (*)</translation>
    </message>
    <message>
        <source>Exporting {0}</source>
        <translation>Eksporterer {0}</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>Mislykkedes</translation>
    </message>
    <message>
        <source>Family</source>
        <translation>Familie</translation>
    </message>
    <message>
        <source>Field</source>
        <translation>Felt</translation>
    </message>
    <message>
        <source>Fields of the header</source>
        <translation>Felter i headeren</translation>
    </message>
    <message>
        <source>Files</source>
        <translation>Filer</translation>
    </message>
    <message>
        <source>Files and facts</source>
        <translation>Filer og fakta</translation>
    </message>
    <message>
        <source>Filter</source>
        <translation>Filtrér</translation>
    </message>
    <message>
        <source>Find a model</source>
        <translation>Find en model</translation>
    </message>
    <message>
        <source>Find in this chat</source>
        <translation>Find i denne chat</translation>
    </message>
    <message>
        <source>First token after {0}</source>
        <translation>Første token efter {0}</translation>
    </message>
    <message>
        <source>Fits</source>
        <translation>Passer</translation>
    </message>
    <message>
        <source>Fits with a context of {0} tokens</source>
        <translation>Passer med en kontekst på {0} tokens</translation>
    </message>
    <message>
        <source>Fits with less context</source>
        <translation>Passer med mindre kontekst</translation>
    </message>
    <message>
        <source>Flash attention</source>
        <translation>Flash attention</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>Mappe</translation>
    </message>
    <message>
        <source>Folder for the bundle</source>
        <translation>Mappe til pakken</translation>
    </message>
    <message>
        <source>Folder with a bundle</source>
        <translation>Mappe med en pakke</translation>
    </message>
    <message>
        <source>Font size</source>
        <translation>Skriftstørrelse</translation>
    </message>
    <message>
        <source>For a firewall</source>
        <translation>Til en firewall</translation>
    </message>
    <message>
        <source>For all downloads together; it takes effect at once.</source>
        <translation>For alle downloads tilsammen; virker med det samme.</translation>
    </message>
    <message>
        <source>For ever</source>
        <translation>For altid</translation>
    </message>
    <message>
        <source>For example</source>
        <translation>For eksempel</translation>
    </message>
    <message>
        <source>For models that ask you to log in. A token with the right to read is enough.</source>
        <translation>Til modeller, der kræver login. Et token med læseadgang er nok.</translation>
    </message>
    <message>
        <source>For your own proxy, with the user name under Network.</source>
        <translation>Til din egen proxy, med brugernavnet under Netværk.</translation>
    </message>
    <message>
        <source>Forget the kept token</source>
        <translation>Glem det gemte token</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>Format</translation>
    </message>
    <message>
        <source>Formats</source>
        <translation>Formater</translation>
    </message>
    <message>
        <source>Free some memory, or choose something else that matters.</source>
        <translation>Frigør noget hukommelse, eller vælg noget andet, der er vigtigt.</translation>
    </message>
    <message>
        <source>Frequency penalty</source>
        <translation>Hyppighedsstraf</translation>
    </message>
    <message>
        <source>From {0}</source>
        <translation>Fra {0}</translation>
    </message>
    <message>
        <source>Further authority</source>
        <translation>Ekstra certifikatudsteder</translation>
    </message>
    <message>
        <source>Further folders that are searched for models. Nothing in them is changed.</source>
        <translation>Flere mapper, der gennemsøges for modeller. Intet i dem ændres.</translation>
    </message>
    <message>
        <source>GB</source>
        <translation>GB</translation>
    </message>
    <message>
        <source>GBNF; excludes a JSON schema</source>
        <translation>GBNF; udelukker et JSON-skema</translation>
    </message>
    <message>
        <source>GPU layers</source>
        <translation>GPU-lag</translation>
    </message>
    <message>
        <source>Gate: at least so many times the source's speed</source>
        <translation>Krav: mindst så mange gange kildens hastighed</translation>
    </message>
    <message>
        <source>Gate: same top token at least</source>
        <translation>Krav: samme toptoken mindst</translation>
    </message>
    <message>
        <source>Gate: smaller by at least</source>
        <translation>Krav: mindre med mindst</translation>
    </message>
    <message>
        <source>Gated</source>
        <translation>Begrænset</translation>
    </message>
    <message>
        <source>Gated: its publisher asks who downloads it.</source>
        <translation>Begrænset: udgiveren spørger, hvem der henter den.</translation>
    </message>
    <message>
        <source>Gates</source>
        <translation>Krav</translation>
    </message>
    <message>
        <source>Get a stronger model</source>
        <translation>Få en stærkere model</translation>
    </message>
    <message>
        <source>Get {0}, {1}</source>
        <translation>Hent {0}, {1}</translation>
    </message>
    <message>
        <source>Get it</source>
        <translation>Hent</translation>
    </message>
    <message>
        <source>Go online</source>
        <translation>Gå online</translation>
    </message>
    <message>
        <source>Go online and allow {0}</source>
        <translation>Gå online, og tillad {0}</translation>
    </message>
    <message>
        <source>Go online, allow {0} and test</source>
        <translation>Gå online, tillad {0}, og test</translation>
    </message>
    <message>
        <source>Go to the end</source>
        <translation>Gå til slutningen</translation>
    </message>
    <message>
        <source>Goes the way to a host step by step and says where it ends, and why.</source>
        <translation>Følger vejen til en vært trin for trin og viser, hvor den ender og hvorfor.</translation>
    </message>
    <message>
        <source>Good for</source>
        <translation>God til</translation>
    </message>
    <message>
        <source>Grammar</source>
        <translation>Grammatik</translation>
    </message>
    <message>
        <source>Hardware</source>
        <translation>Hardware</translation>
    </message>
    <message>
        <source>Help me choose</source>
        <translation>Hjælp mig med at vælge</translation>
    </message>
    <message>
        <source>Here, as Q4_K_M</source>
        <translation>Her, som Q4_K_M</translation>
    </message>
    <message>
        <source>Hide details</source>
        <translation>Skjul detaljer</translation>
    </message>
    <message>
        <source>Hide models that this machine has no memory for</source>
        <translation>Skjul modeller, som denne computer ikke har hukommelse til</translation>
    </message>
    <message>
        <source>History</source>
        <translation>Historik</translation>
    </message>
    <message>
        <source>Holds the model back from repeating whole passages. 0 is off.</source>
        <translation>Holder modellen fra at gentage hele passager. 0 er fra.</translation>
    </message>
    <message>
        <source>Host</source>
        <translation>Vært</translation>
    </message>
    <message>
        <source>Host to test</source>
        <translation>Vært, der skal testes</translation>
    </message>
    <message>
        <source>How many answers can be written at the same time. Each has a context of its own.</source>
        <translation>Hvor mange svar der kan skrives på samme tid. Hvert har sin egen kontekst.</translation>
    </message>
    <message>
        <source>How many layers go to the graphics card. All is fastest if they fit.</source>
        <translation>Hvor mange lag der lægges på grafikkortet. Alle er hurtigst, hvis de kan være der.</translation>
    </message>
    <message>
        <source>How many models are fetched side by side; the others wait for their turn.</source>
        <translation>Hvor mange modeller der hentes samtidig; de andre venter på deres tur.</translation>
    </message>
    <message>
        <source>How many of the last tokens the penalties look at.</source>
        <translation>Hvor mange af de seneste tokens straffene ser på.</translation>
    </message>
    <message>
        <source>How many threads a model computes with. Automatic: one for each physical core.</source>
        <translation>Hvor mange tråde en model regner med. Automatisk: én for hver fysisk kerne.</translation>
    </message>
    <message>
        <source>How many tokens of a chat the model can see at once. More costs memory.</source>
        <translation>Hvor mange tokens af en chat modellen kan se på én gang. Mere koster hukommelse.</translation>
    </message>
    <message>
        <source>How often the most likely next token is the source's</source>
        <translation>Hvor tit det mest sandsynlige næste token er det samme som kildens</translation>
    </message>
    <message>
        <source>How often the most obvious words are left out. 0 is off.</source>
        <translation>Hvor tit de mest oplagte ord udelades. 0 er fra.</translation>
    </message>
    <message>
        <source>How surprised the model is by the text, with its standard error; lower is better</source>
        <translation>Hvor overrasket modellen er over teksten, med standardfejl; lavere er bedre</translation>
    </message>
    <message>
        <source>How the chat's memory is stored. Q8_0 halves it with hardly any loss.</source>
        <translation>Hvordan chattens hukommelse gemmes. Q8_0 halverer den næsten uden tab.</translation>
    </message>
    <message>
        <source>Hugging Face</source>
        <translation>Hugging Face</translation>
    </message>
    <message>
        <source>Hugging Face token</source>
        <translation>Hugging Face-token</translation>
    </message>
    <message>
        <source>Import a bundle</source>
        <translation>Importér en pakke</translation>
    </message>
    <message>
        <source>Import a bundle: a model that was exported on another machine</source>
        <translation>Importér en pakke: en model, der er eksporteret på en anden computer</translation>
    </message>
    <message>
        <source>Import a run</source>
        <translation>Importér en kørsel</translation>
    </message>
    <message>
        <source>Import a run from a report</source>
        <translation>Importér en kørsel fra en rapport</translation>
    </message>
    <message>
        <source>Import and export</source>
        <translation>Import og eksport</translation>
    </message>
    <message>
        <source>Import chats</source>
        <translation>Importér chats</translation>
    </message>
    <message>
        <source>Import chats…</source>
        <translation>Importér chats…</translation>
    </message>
    <message>
        <source>Import the bundle {0}</source>
        <translation>Importér pakken {0}</translation>
    </message>
    <message>
        <source>Import {0}</source>
        <translation>Importér {0}</translation>
    </message>
    <message>
        <source>Importance matrix from this text</source>
        <translation>Vigtighedsmatrix ud fra denne tekst</translation>
    </message>
    <message>
        <source>Importing {0}</source>
        <translation>Importerer {0}</translation>
    </message>
    <message>
        <source>In short</source>
        <translation>Kort fortalt</translation>
    </message>
    <message>
        <source>In the keyring of this computer, never in a file.</source>
        <translation>I denne computers nøglering, aldrig i en fil.</translation>
    </message>
    <message>
        <source>In tokens.</source>
        <translation>I tokens.</translation>
    </message>
    <message>
        <source>In {0} places</source>
        <translation>På {0} steder</translation>
    </message>
    <message>
        <source>Inspector</source>
        <translation>Inspektør</translation>
    </message>
    <message>
        <source>It cannot be brought back.</source>
        <translation>Den kan ikke hentes tilbage.</translation>
    </message>
    <message>
        <source>It has no card.</source>
        <translation>Den har intet modelkort.</translation>
    </message>
    <message>
        <source>It is kept in the keyring of this computer. Where that cannot keep it, it is forgotten when SLMDesk is closed, and SLMDesk says so.</source>
        <translation>Det gemmes i denne computers nøglering. Kan den ikke gemme det, glemmes det, når SLMDesk lukkes, og SLMDesk siger til.</translation>
    </message>
    <message>
        <source>It lies in a folder that SLMDesk does not change.</source>
        <translation>Den ligger i en mappe, som SLMDesk ikke ændrer.</translation>
    </message>
    <message>
        <source>Its card is shown when you may download it.</source>
        <translation>Modelkortet vises, når du må hente den.</translation>
    </message>
    <message>
        <source>Its own bookkeeping and free space.</source>
        <translation>Databasens egne data og ledig plads.</translation>
    </message>
    <message>
        <source>Its publisher asks who downloads it</source>
        <translation>Udgiveren spørger, hvem der henter den</translation>
    </message>
    <message>
        <source>JSON schema</source>
        <translation>JSON-skema</translation>
    </message>
    <message>
        <source>Jinja; empty takes the model's own</source>
        <translation>Jinja; tomt felt bruger modellens egen</translation>
    </message>
    <message>
        <source>Jobs</source>
        <translation>Opgaver</translation>
    </message>
    <message>
        <source>KL</source>
        <translation>KL</translation>
    </message>
    <message>
        <source>KL divergence</source>
        <translation>KL-divergens</translation>
    </message>
    <message>
        <source>KL divergence from the source in nats, mean over the tokens; lower is better</source>
        <translation>KL-divergens fra kilden i nats, gennemsnit over tokens; lavere er bedre</translation>
    </message>
    <message>
        <source>KL divergence {0}, median {1}, 99 % {2}, largest {3}</source>
        <translation>KL-divergens {0}, median {1}, 99 % {2}, størst {3}</translation>
    </message>
    <message>
        <source>KV cache</source>
        <translation>KV-cache</translation>
    </message>
    <message>
        <source>KV cache in {0}</source>
        <translation>KV-cache i {0}</translation>
    </message>
    <message>
        <source>KV cache, values</source>
        <translation>KV-cache, værdier</translation>
    </message>
    <message>
        <source>Keep</source>
        <translation>Behold</translation>
    </message>
    <message>
        <source>Keep in memory</source>
        <translation>Behold i hukommelsen</translation>
    </message>
    <message>
        <source>Keep it</source>
        <translation>Gem det</translation>
    </message>
    <message>
        <source>Keep the list of connections</source>
        <translation>Gem listen over forbindelser</translation>
    </message>
    <message>
        <source>Keep this one, link the others</source>
        <translation>Behold denne, og link de andre</translation>
    </message>
    <message>
        <source>Keeps what the model has read of a chat on disk, so that it need not read it again after a restart.</source>
        <translation>Gemmer det, modellen har læst af en chat, på disken, så den ikke skal læse det igen efter en genstart.</translation>
    </message>
    <message>
        <source>Kept in {0}.</source>
        <translation>Gemt i {0}.</translation>
    </message>
    <message>
        <source>Kept until SLMDesk ends, because this computer has no keyring that can be used.</source>
        <translation>Gemmes, indtil SLMDesk lukkes, fordi denne computer ikke har en nøglering, der kan bruges.</translation>
    </message>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>Tastaturgenveje</translation>
    </message>
    <message>
        <source>LLM</source>
        <translation>LLM</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>Sprog</translation>
    </message>
    <message>
        <source>Large</source>
        <translation>Stor</translation>
    </message>
    <message>
        <source>Last updated</source>
        <translation>Senest opdateret</translation>
    </message>
    <message>
        <source>Last used {0}.</source>
        <translation>Senest brugt {0}.</translation>
    </message>
    <message>
        <source>Layers</source>
        <translation>Lag</translation>
    </message>
    <message>
        <source>Left out, the context was full: {0} messages, {1} tokens</source>
        <translation>Udeladt, konteksten var fuld: {0} beskeder, {1} tokens</translation>
    </message>
    <message>
        <source>Let the copies share their bytes?</source>
        <translation>Skal kopierne deles om pladsen på disken?</translation>
    </message>
    <message>
        <source>Library</source>
        <translation>Bibliotek</translation>
    </message>
    <message>
        <source>Licence</source>
        <translation>Licens</translation>
    </message>
    <message>
        <source>Licence: {0}</source>
        <translation>Licens: {0}</translation>
    </message>
    <message>
        <source>Licences</source>
        <translation>Licenser</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Lyst</translation>
    </message>
    <message>
        <source>Likely the same</source>
        <translation>Sandsynligvis ens</translation>
    </message>
    <message>
        <source>Likes</source>
        <translation>Likes</translation>
    </message>
    <message>
        <source>Limits for downloads</source>
        <translation>Grænser for downloads</translation>
    </message>
    <message>
        <source>Limits: speed, number, and room on the disk</source>
        <translation>Grænser: hastighed, antal og plads på disken</translation>
    </message>
    <message>
        <source>Link</source>
        <translation>Link</translation>
    </message>
    <message>
        <source>Link the copies of {0}</source>
        <translation>Link kopierne af {0}</translation>
    </message>
    <message>
        <source>List of chats</source>
        <translation>Listen med chats</translation>
    </message>
    <message>
        <source>Little memory</source>
        <translation>Lidt hukommelse</translation>
    </message>
    <message>
        <source>Load</source>
        <translation>Indlæs</translation>
    </message>
    <message>
        <source>Load a model to see what would be sent to it.</source>
        <translation>Indlæs en model for at se, hvad der ville blive sendt til den.</translation>
    </message>
    <message>
        <source>Load again</source>
        <translation>Indlæs igen</translation>
    </message>
    <message>
        <source>Load anyway</source>
        <translation>Indlæs alligevel</translation>
    </message>
    <message>
        <source>Loaded</source>
        <translation>Indlæst</translation>
    </message>
    <message>
        <source>Loading</source>
        <translation>Indlæser</translation>
    </message>
    <message>
        <source>Loading {0} %</source>
        <translation>Indlæser {0} %</translation>
    </message>
    <message>
        <source>Loads faster, and shares the file's pages.</source>
        <translation>Indlæser hurtigere og deler filens sider.</translation>
    </message>
    <message>
        <source>Local only</source>
        <translation>Kun lokalt</translation>
    </message>
    <message>
        <source>Location offline</source>
        <translation>Sted utilgængeligt</translation>
    </message>
    <message>
        <source>Logit bias</source>
        <translation>Logit-bias</translation>
    </message>
    <message>
        <source>Logs</source>
        <translation>Logfiler</translation>
    </message>
    <message>
        <source>Long documents</source>
        <translation>Lange dokumenter</translation>
    </message>
    <message>
        <source>Long work such as an import or an export shows up here.</source>
        <translation>Længere arbejde som en import eller en eksport vises her.</translation>
    </message>
    <message>
        <source>Longest answer</source>
        <translation>Længste svar</translation>
    </message>
    <message>
        <source>Look again</source>
        <translation>Se efter igen</translation>
    </message>
    <message>
        <source>Look at this</source>
        <translation>Se på dette</translation>
    </message>
    <message>
        <source>Look for its GGUF version: the search shows those when GGUF is chosen as the format.</source>
        <translation>Søg efter dens GGUF-version: søgningen viser dem, når GGUF er valgt som format.</translation>
    </message>
    <message>
        <source>Look for models here</source>
        <translation>Søg efter modeller her</translation>
    </message>
    <message>
        <source>Look for updates</source>
        <translation>Søg efter opdateringer</translation>
    </message>
    <message>
        <source>Look through all places for new models</source>
        <translation>Søg efter nye modeller alle steder</translation>
    </message>
    <message>
        <source>Looking at pictures</source>
        <translation>Forståelse af billeder</translation>
    </message>
    <message>
        <source>Looking for models</source>
        <translation>Søger efter modeller</translation>
    </message>
    <message>
        <source>Looking for updates</source>
        <translation>Søger efter opdateringer</translation>
    </message>
    <message>
        <source>MIT licence. Made with the free libraries that the list names.</source>
        <translation>MIT-licens. Lavet med de frie biblioteker, som listen nævner.</translation>
    </message>
    <message>
        <source>Machine</source>
        <translation>Computer</translation>
    </message>
    <message>
        <source>Made</source>
        <translation>Oprettet</translation>
    </message>
    <message>
        <source>Made from</source>
        <translation>Lavet ud fra</translation>
    </message>
    <message>
        <source>Main program</source>
        <translation>Hovedprogram</translation>
    </message>
    <message>
        <source>Make a token with the right to read on your settings page at {0}, under Access Tokens, and paste it here. SLMDesk sends it only to {1}, and only to search there and to download.</source>
        <translation>Opret et token med læseadgang på din indstillingsside hos {0}, under Access Tokens, og indsæt det her. SLMDesk sender det kun til {1} og kun for at søge og hente dér.</translation>
    </message>
    <message>
        <source>Makes words less likely the more often they occurred.</source>
        <translation>Gør ord mindre sandsynlige, jo oftere de har været brugt.</translation>
    </message>
    <message>
        <source>Makes words that occurred at all less likely.</source>
        <translation>Gør ord, der allerede er brugt, mindre sandsynlige.</translation>
    </message>
    <message>
        <source>Map the file into memory</source>
        <translation>Afbild filen i hukommelsen</translation>
    </message>
    <message>
        <source>Markdown</source>
        <translation>Markdown</translation>
    </message>
    <message>
        <source>Matrix</source>
        <translation>Matrix</translation>
    </message>
    <message>
        <source>May SLMDesk change this folder?</source>
        <translation>Må SLMDesk ændre denne mappe?</translation>
    </message>
    <message>
        <source>May SLMDesk connect to {0}?</source>
        <translation>Må SLMDesk forbinde til {0}?</translation>
    </message>
    <message>
        <source>Measure again</source>
        <translation>Mål igen</translation>
    </message>
    <message>
        <source>Measure its speed</source>
        <translation>Mål dens hastighed</translation>
    </message>
    <message>
        <source>Measure quality</source>
        <translation>Mål kvalitet</translation>
    </message>
    <message>
        <source>Measure speed</source>
        <translation>Mål hastighed</translation>
    </message>
    <message>
        <source>Measure the speed of this machine</source>
        <translation>Mål denne computers hastighed</translation>
    </message>
    <message>
        <source>Measure this computer</source>
        <translation>Mål denne computer</translation>
    </message>
    <message>
        <source>Measured on</source>
        <translation>Målt på</translation>
    </message>
    <message>
        <source>Measurements</source>
        <translation>Målinger</translation>
    </message>
    <message>
        <source>Measuring</source>
        <translation>Måling</translation>
    </message>
    <message>
        <source>Measuring the speed of the source</source>
        <translation>Måler kildens hastighed</translation>
    </message>
    <message>
        <source>Measuring {0}</source>
        <translation>Måler {0}</translation>
    </message>
    <message>
        <source>Medium</source>
        <translation>Mellem</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>Hukommelse</translation>
    </message>
    <message>
        <source>Memory and speed</source>
        <translation>Hukommelse og hastighed</translation>
    </message>
    <message>
        <source>Memory and speed that were measured on this computer.</source>
        <translation>Hukommelse og hastighed, som er målt på denne computer.</translation>
    </message>
    <message>
        <source>Memory that a typical model of each class needs, beside what is free now.</source>
        <translation>Den hukommelse, en typisk model i hver klasse kræver, ud for det, der er ledigt nu.</translation>
    </message>
    <message>
        <source>Memory: {0}</source>
        <translation>Hukommelse: {0}</translation>
    </message>
    <message>
        <source>Message deleted</source>
        <translation>Besked slettet</translation>
    </message>
    <message>
        <source>Message {0}</source>
        <translation>Skriv til {0}</translation>
    </message>
    <message>
        <source>Message {0} of {1}. Tab goes to what can be done with it.</source>
        <translation>Besked {0} af {1}. Tab fører til det, der kan gøres med den.</translation>
    </message>
    <message>
        <source>Micro</source>
        <translation>Mikro</translation>
    </message>
    <message>
        <source>Min-p</source>
        <translation>Min-p</translation>
    </message>
    <message>
        <source>Mirostat</source>
        <translation>Mirostat</translation>
    </message>
    <message>
        <source>Mirostat eta</source>
        <translation>Mirostat eta</translation>
    </message>
    <message>
        <source>Mirostat tau</source>
        <translation>Mirostat tau</translation>
    </message>
    <message>
        <source>Mirror of Hugging Face</source>
        <translation>Spejl af Hugging Face</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Model</translation>
    </message>
    <message>
        <source>Model card</source>
        <translation>Modelkort</translation>
    </message>
    <message>
        <source>Model folders</source>
        <translation>Modelmapper</translation>
    </message>
    <message>
        <source>Model: {0}</source>
        <translation>Model: {0}</translation>
    </message>
    <message>
        <source>Model: {0} {1}</source>
        <translation>Model: {0} {1}</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>Modeller</translation>
    </message>
    <message>
        <source>Models found</source>
        <translation>Fundne modeller</translation>
    </message>
    <message>
        <source>Models in {0} can then be deleted and linked from here. Nothing is changed now.</source>
        <translation>Modeller i {0} kan derefter slettes og linkes herfra. Intet ændres nu.</translation>
    </message>
    <message>
        <source>Models of other programs are used where they lie: nothing is copied, and nothing in their folders is ever changed.</source>
        <translation>Andre programmers modeller bruges, hvor de ligger: Intet kopieres, og intet i deres mapper ændres nogensinde.</translation>
    </message>
    <message>
        <source>Models on this machine</source>
        <translation>Modeller på denne computer</translation>
    </message>
    <message>
        <source>Models side by side</source>
        <translation>Modeller side om side</translation>
    </message>
    <message>
        <source>Models to quantize</source>
        <translation>Modeller, der kan kvantiseres</translation>
    </message>
    <message>
        <source>More actions</source>
        <translation>Flere handlinger</translation>
    </message>
    <message>
        <source>More load options</source>
        <translation>Flere indlæsningsvalg</translation>
    </message>
    <message>
        <source>More sampling</source>
        <translation>Mere sampling</translation>
    </message>
    <message>
        <source>Most downloads</source>
        <translation>Flest downloads</translation>
    </message>
    <message>
        <source>Most likes</source>
        <translation>Flest likes</translation>
    </message>
    <message>
        <source>Motion</source>
        <translation>Bevægelse</translation>
    </message>
    <message>
        <source>Move to folder</source>
        <translation>Flyt til mappe</translation>
    </message>
    <message>
        <source>Move to the bin</source>
        <translation>Flyt til papirkurven</translation>
    </message>
    <message>
        <source>My models</source>
        <translation>Mine modeller</translation>
    </message>
    <message>
        <source>My own: models here may be deleted and linked</source>
        <translation>Min egen: modeller her må slettes og linkes</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Navn</translation>
    </message>
    <message>
        <source>Name an address</source>
        <translation>Angiv en adresse</translation>
    </message>
    <message>
        <source>Name in SLMDesk (the file keeps its own)</source>
        <translation>Navn i SLMDesk (filen beholder sit eget)</translation>
    </message>
    <message>
        <source>Name of the folder</source>
        <translation>Mappens navn</translation>
    </message>
    <message>
        <source>Name of the preset</source>
        <translation>Forvalgets navn</translation>
    </message>
    <message>
        <source>Name, family, publisher, quantization, tag or note ({0})</source>
        <translation>Navn, familie, udgiver, kvantisering, mærke eller note ({0})</translation>
    </message>
    <message>
        <source>Names, patterns and networks. This computer is never reached through a proxy.</source>
        <translation>Navne, mønstre og netværk. Denne computer nås aldrig gennem en proxy.</translation>
    </message>
    <message>
        <source>Needs less memory for a long context.</source>
        <translation>Kræver mindre hukommelse til en lang kontekst.</translation>
    </message>
    <message>
        <source>Needs {0}: weights {1}, KV cache {2}, buffers {3}</source>
        <translation>Kræver {0}: vægte {1}, KV-cache {2}, buffere {3}</translation>
    </message>
    <message>
        <source>Network</source>
        <translation>Netværk</translation>
    </message>
    <message>
        <source>Network settings</source>
        <translation>Netværksindstillinger</translation>
    </message>
    <message>
        <source>Network state</source>
        <translation>Netværkstilstand</translation>
    </message>
    <message>
        <source>Network: {0}, {1}</source>
        <translation>Netværk: {0}, {1}</translation>
    </message>
    <message>
        <source>New chat</source>
        <translation>Ny chat</translation>
    </message>
    <message>
        <source>New folder</source>
        <translation>Ny mappe</translation>
    </message>
    <message>
        <source>New folder…</source>
        <translation>Ny mappe…</translation>
    </message>
    <message>
        <source>New key</source>
        <translation>Ny nøgle</translation>
    </message>
    <message>
        <source>New line</source>
        <translation>Ny linje</translation>
    </message>
    <message>
        <source>New run</source>
        <translation>Ny kørsel</translation>
    </message>
    <message>
        <source>New title</source>
        <translation>Ny titel</translation>
    </message>
    <message>
        <source>Newest</source>
        <translation>Nyeste</translation>
    </message>
    <message>
        <source>Next place</source>
        <translation>Næste sted</translation>
    </message>
    <message>
        <source>Next version</source>
        <translation>Næste version</translation>
    </message>
    <message>
        <source>No GGUF model is here yet.</source>
        <translation>Der er ingen GGUF-model her endnu.</translation>
    </message>
    <message>
        <source>No connection was tried yet.</source>
        <translation>Der er ikke forsøgt nogen forbindelse endnu.</translation>
    </message>
    <message>
        <source>No downloads yet</source>
        <translation>Ingen downloads endnu</translation>
    </message>
    <message>
        <source>No file passes all gates. By the weights alone, {0}</source>
        <translation>Ingen fil opfylder alle krav. Ud fra vægtningen alene: {0}</translation>
    </message>
    <message>
        <source>No folder</source>
        <translation>Ingen mappe</translation>
    </message>
    <message>
        <source>No jobs</source>
        <translation>Ingen opgaver</translation>
    </message>
    <message>
        <source>No limit</source>
        <translation>Ingen grænse</translation>
    </message>
    <message>
        <source>No model is called so.</source>
        <translation>Ingen model hedder sådan.</translation>
    </message>
    <message>
        <source>No model matches</source>
        <translation>Ingen model passer på søgningen</translation>
    </message>
    <message>
        <source>No model of the curated list does this on this machine</source>
        <translation>Ingen model på den udvalgte liste kan dette på denne computer</translation>
    </message>
    <message>
        <source>No models</source>
        <translation>Ingen modeller</translation>
    </message>
    <message>
        <source>No models yet</source>
        <translation>Ingen modeller endnu</translation>
    </message>
    <message>
        <source>No new models</source>
        <translation>Ingen nye modeller</translation>
    </message>
    <message>
        <source>No program here can run {0} models yet; it can be kept and shown.</source>
        <translation>Intet program her kan køre {0}-modeller endnu; modellen kan gemmes og vises.</translation>
    </message>
    <message>
        <source>No proxy</source>
        <translation>Ingen proxy</translation>
    </message>
    <message>
        <source>No unquantized model is here. Get the F16 or BF16 file of one, or allow quantized ones.</source>
        <translation>Der er ingen ukvantiseret model her. Hent F16- eller BF16-filen til en, eller tillad kvantiserede modeller.</translation>
    </message>
    <message>
        <source>No wrap</source>
        <translation>Uden ombrydning</translation>
    </message>
    <message>
        <source>None</source>
        <translation>Ingen</translation>
    </message>
    <message>
        <source>None of the {0} models found fits this machine</source>
        <translation>Ingen af de {0} fundne modeller passer til denne computer</translation>
    </message>
    <message>
        <source>None. It would be kept in {0}.</source>
        <translation>Intet. Det ville blive gemt i {0}.</translation>
    </message>
    <message>
        <source>Not enough memory</source>
        <translation>Ikke nok hukommelse</translation>
    </message>
    <message>
        <source>Not enough memory to measure with {0}: it needs {1}, {2} are free.</source>
        <translation>Ikke nok hukommelse til at måle med {0}: den kræver {1}, {2} er ledig.</translation>
    </message>
    <message>
        <source>Not found</source>
        <translation>Ikke fundet</translation>
    </message>
    <message>
        <source>Not runnable here</source>
        <translation>Kan ikke køres her</translation>
    </message>
    <message>
        <source>Not sent: the context was full</source>
        <translation>Ikke sendt: konteksten var fuld</translation>
    </message>
    <message>
        <source>Not sent: the context was full.</source>
        <translation>Ikke sendt: konteksten var fuld.</translation>
    </message>
    <message>
        <source>Not through the proxy</source>
        <translation>Uden om proxyen</translation>
    </message>
    <message>
        <source>Note</source>
        <translation>Note</translation>
    </message>
    <message>
        <source>Nothing found</source>
        <translation>Intet fundet</translation>
    </message>
    <message>
        <source>Nothing in the list is like that.</source>
        <translation>Intet på listen passer.</translation>
    </message>
    <message>
        <source>Nothing is being downloaded</source>
        <translation>Intet hentes lige nu</translation>
    </message>
    <message>
        <source>Nothing leaves this computer.</source>
        <translation>Intet forlader denne computer.</translation>
    </message>
    <message>
        <source>Nothing was said yet.</source>
        <translation>Der er ikke sagt noget endnu.</translation>
    </message>
    <message>
        <source>Number formats</source>
        <translation>Talformater</translation>
    </message>
    <message>
        <source>Off</source>
        <translation>Fra</translation>
    </message>
    <message>
        <source>Off uses the list of authorities that comes with SLMDesk. Certificates are checked either way.</source>
        <translation>Fra bruger den liste over certifikatudstedere, der følger med SLMDesk. Certifikater kontrolleres i begge tilfælde.</translation>
    </message>
    <message>
        <source>Offline</source>
        <translation>Offline</translation>
    </message>
    <message>
        <source>Offline: this computer alone. Local only: also the addresses named below. Online: also the hosts you allowed, when something you do needs them.</source>
        <translation>Offline: kun denne computer. Kun lokalt: også adresserne, der er angivet nedenfor. Online: også værter, du har tilladt, når noget, du gør, kræver dem.</translation>
    </message>
    <message>
        <source>Older lines are forgotten at the start.</source>
        <translation>Ældre linjer glemmes ved start.</translation>
    </message>
    <message>
        <source>On</source>
        <translation>Til</translation>
    </message>
    <message>
        <source>On this machine</source>
        <translation>På denne computer</translation>
    </message>
    <message>
        <source>One per line</source>
        <translation>Én pr. linje</translation>
    </message>
    <message>
        <source>Online</source>
        <translation>Online</translation>
    </message>
    <message>
        <source>Only for models trained with -1, 0 and 1; this one would turn to noise</source>
        <translation>Kun til modeller, der er trænet med -1, 0 og 1; denne ville blive til støj</translation>
    </message>
    <message>
        <source>Only the likeliest words that together reach this probability are considered.</source>
        <translation>Kun de mest sandsynlige ord, der tilsammen når denne sandsynlighed, overvejes.</translation>
    </message>
    <message>
        <source>Only the picture (PNG)</source>
        <translation>Kun billedet (PNG)</translation>
    </message>
    <message>
        <source>Only the starter is here so far, a tiny model for trying out.</source>
        <translation>Indtil videre er her kun startmodellen, en lillebitte model til at prøve med.</translation>
    </message>
    <message>
        <source>Only this many of the likeliest words are considered.</source>
        <translation>Kun så mange af de mest sandsynlige ord overvejes.</translation>
    </message>
    <message>
        <source>Only what fits</source>
        <translation>Kun det, der passer</translation>
    </message>
    <message>
        <source>Only when another model is unloaded first</source>
        <translation>Kun hvis en anden model først fjernes fra hukommelsen</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>Åbn</translation>
    </message>
    <message>
        <source>Open a link</source>
        <translation>Åbn et link</translation>
    </message>
    <message>
        <source>Open and gated</source>
        <translation>Åbne og begrænsede</translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation>Åbn mappe</translation>
    </message>
    <message>
        <source>Open it by hand.</source>
        <translation>Åbn den selv.</translation>
    </message>
    <message>
        <source>Open its folder</source>
        <translation>Åbn dens mappe</translation>
    </message>
    <message>
        <source>Open its page</source>
        <translation>Åbn dens side</translation>
    </message>
    <message>
        <source>Open my models folder</source>
        <translation>Åbn min modelmappe</translation>
    </message>
    <message>
        <source>Open this link?</source>
        <translation>Åbn dette link?</translation>
    </message>
    <message>
        <source>Open {0}</source>
        <translation>Åbn {0}</translation>
    </message>
    <message>
        <source>Order</source>
        <translation>Rækkefølge</translation>
    </message>
    <message>
        <source>Other files</source>
        <translation>Andre filer</translation>
    </message>
    <message>
        <source>Other quantizations here</source>
        <translation>Andre kvantiseringer her</translation>
    </message>
    <message>
        <source>Output tensor</source>
        <translation>Output-tensor</translation>
    </message>
    <message>
        <source>Own proxy</source>
        <translation>Egen proxy</translation>
    </message>
    <message>
        <source>Page with picture (HTML)</source>
        <translation>Side med billede (HTML)</translation>
    </message>
    <message>
        <source>Panes</source>
        <translation>Ruder</translation>
    </message>
    <message>
        <source>Parameters</source>
        <translation>Parametre</translation>
    </message>
    <message>
        <source>Path copied</source>
        <translation>Sti kopieret</translation>
    </message>
    <message>
        <source>Path: {0}</source>
        <translation>Sti: {0}</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Pause</translation>
    </message>
    <message>
        <source>Pause all</source>
        <translation>Sæt alle på pause</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>På pause</translation>
    </message>
    <message>
        <source>Perplexity</source>
        <translation>Perpleksitet</translation>
    </message>
    <message>
        <source>Perplexity {0}</source>
        <translation>Perpleksitet {0}</translation>
    </message>
    <message>
        <source>Physical batch</source>
        <translation>Fysisk batch</translation>
    </message>
    <message>
        <source>Pickle</source>
        <translation>Pickle</translation>
    </message>
    <message>
        <source>Pictures and text</source>
        <translation>Billeder og tekst</translation>
    </message>
    <message>
        <source>Pin</source>
        <translation>Fastgør</translation>
    </message>
    <message>
        <source>Pinned</source>
        <translation>Fastgjort</translation>
    </message>
    <message>
        <source>Places</source>
        <translation>Steder</translation>
    </message>
    <message>
        <source>Precision</source>
        <translation>Præcision</translation>
    </message>
    <message>
        <source>Predicted</source>
        <translation>Forventet</translation>
    </message>
    <message>
        <source>Predicted for a chat: {0} of memory</source>
        <translation>Forventet til en chat: {0} hukommelse</translation>
    </message>
    <message>
        <source>Prefers words of average surprise. 1 is off.</source>
        <translation>Foretrækker ord, der overrasker middelmeget. 1 er fra.</translation>
    </message>
    <message>
        <source>Presence penalty</source>
        <translation>Tilstedeværelsesstraf</translation>
    </message>
    <message>
        <source>Preset</source>
        <translation>Forvalg</translation>
    </message>
    <message>
        <source>Preset for new chats</source>
        <translation>Forvalg til nye chats</translation>
    </message>
    <message>
        <source>Preset: {0}</source>
        <translation>Forvalg: {0}</translation>
    </message>
    <message>
        <source>Previous 7 days</source>
        <translation>Sidste 7 dage</translation>
    </message>
    <message>
        <source>Previous place</source>
        <translation>Forrige sted</translation>
    </message>
    <message>
        <source>Previous version</source>
        <translation>Forrige version</translation>
    </message>
    <message>
        <source>Privacy report</source>
        <translation>Privatlivsrapport</translation>
    </message>
    <message>
        <source>Processor threads</source>
        <translation>Processortråde</translation>
    </message>
    <message>
        <source>Processor threads while a prompt is read.</source>
        <translation>Processortråde, mens en prompt læses.</translation>
    </message>
    <message>
        <source>Processor threads while answering.</source>
        <translation>Processortråde under svaret.</translation>
    </message>
    <message>
        <source>Programming</source>
        <translation>Programmering</translation>
    </message>
    <message>
        <source>Progress of the run</source>
        <translation>Kørslens forløb</translation>
    </message>
    <message>
        <source>Prompt read at {0}</source>
        <translation>Prompt læst med {0}</translation>
    </message>
    <message>
        <source>Prompt: {0} tokens, {1} of them from the cache</source>
        <translation>Prompt: {0} tokens, {1} af dem fra cachen</translation>
    </message>
    <message>
        <source>Proxy</source>
        <translation>Proxy</translation>
    </message>
    <message>
        <source>Proxy address</source>
        <translation>Proxyadresse</translation>
    </message>
    <message>
        <source>Proxy password</source>
        <translation>Proxyadgangskode</translation>
    </message>
    <message>
        <source>Proxy user name</source>
        <translation>Proxybrugernavn</translation>
    </message>
    <message>
        <source>Public figures of llama.cpp: perplexity added to Llama 3 8B, whose F16 file has 6.23. Where none is published, the range between its neighbours. Your own model is measured in the run.</source>
        <translation>Offentlige tal fra llama.cpp: øget perpleksitet for Llama 3 8B, hvis F16-fil har 6,23. Hvor der ikke er offentliggjort noget, vises intervallet mellem naboerne. Din egen model måles i kørslen.</translation>
    </message>
    <message>
        <source>Publisher</source>
        <translation>Udgiver</translation>
    </message>
    <message>
        <source>Pure (no mix of types)</source>
        <translation>Ren (ingen blanding af typer)</translation>
    </message>
    <message>
        <source>Put a text file, PDF or Word document into the message</source>
        <translation>Læg en tekstfil, PDF eller et Word-dokument i beskeden</translation>
    </message>
    <message>
        <source>Quality</source>
        <translation>Kvalitet</translation>
    </message>
    <message>
        <source>Quantization</source>
        <translation>Kvantisering</translation>
    </message>
    <message>
        <source>Quantizations</source>
        <translation>Kvantiseringer</translation>
    </message>
    <message>
        <source>Quantize</source>
        <translation>Kvantisér</translation>
    </message>
    <message>
        <source>Quantizing</source>
        <translation>Kvantisering</translation>
    </message>
    <message>
        <source>Quantizing to {0}</source>
        <translation>Kvantiserer til {0}</translation>
    </message>
    <message>
        <source>Queued</source>
        <translation>I kø</translation>
    </message>
    <message>
        <source>RAM</source>
        <translation>RAM</translation>
    </message>
    <message>
        <source>Random</source>
        <translation>Tilfældigt</translation>
    </message>
    <message>
        <source>Reached while the state is Local only or Online.</source>
        <translation>Nås, når tilstanden er Kun lokalt eller Online.</translation>
    </message>
    <message>
        <source>Reached while the state is Online. SLMDesk asks before it adds one.</source>
        <translation>Nås, når tilstanden er Online. SLMDesk spørger, før der tilføjes en.</translation>
    </message>
    <message>
        <source>Reading a model's page</source>
        <translation>Læser en models side</translation>
    </message>
    <message>
        <source>Reading prompt {0} %</source>
        <translation>Læser prompt {0} %</translation>
    </message>
    <message>
        <source>Reading prompt {0} %, about {1}</source>
        <translation>Læser prompt {0} %, cirka {1}</translation>
    </message>
    <message>
        <source>Reading states</source>
        <translation>Gemt læsning</translation>
    </message>
    <message>
        <source>Reading the header</source>
        <translation>Læser headeren</translation>
    </message>
    <message>
        <source>Reading the source to note its SHA-256</source>
        <translation>Læser kilden for at notere dens SHA-256</translation>
    </message>
    <message>
        <source>Reading {0}</source>
        <translation>Læser {0}</translation>
    </message>
    <message>
        <source>Reads these files once, to know whether they are really the same.</source>
        <translation>Læser disse filer én gang for at se, om de virkelig er ens.</translation>
    </message>
    <message>
        <source>Reads {0}, writes {1} ± {2} tok/s</source>
        <translation>Læser {0}, skriver {1} ± {2} tok/s</translation>
    </message>
    <message>
        <source>Reasoning and mathematics</source>
        <translation>Logik og matematik</translation>
    </message>
    <message>
        <source>Recipe</source>
        <translation>Opskrift</translation>
    </message>
    <message>
        <source>Recipes</source>
        <translation>Opskrifter</translation>
    </message>
    <message>
        <source>Recipes of this run</source>
        <translation>Opskrifter i denne kørsel</translation>
    </message>
    <message>
        <source>Recommended</source>
        <translation>Anbefalet</translation>
    </message>
    <message>
        <source>Recommended: {0}</source>
        <translation>Anbefalet: {0}</translation>
    </message>
    <message>
        <source>Refused</source>
        <translation>Afvist</translation>
    </message>
    <message>
        <source>Reload to apply</source>
        <translation>Indlæs igen for at bruge</translation>
    </message>
    <message>
        <source>Remark</source>
        <translation>Bemærkning</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Fjern</translation>
    </message>
    <message>
        <source>Remove the filter {0}</source>
        <translation>Fjern filteret {0}</translation>
    </message>
    <message>
        <source>Remove the tag {0}</source>
        <translation>Fjern mærket {0}</translation>
    </message>
    <message>
        <source>Remove {0}</source>
        <translation>Fjern {0}</translation>
    </message>
    <message>
        <source>Remove {0} from the list; nothing is deleted</source>
        <translation>Fjern {0} fra listen; intet slettes</translation>
    </message>
    <message>
        <source>Removes chats, settings, tokens and all else, and closes SLMDesk. There is no way back.</source>
        <translation>Fjerner chats, indstillinger, tokens og alt andet og lukker SLMDesk. Det kan ikke fortrydes.</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>Omdøb</translation>
    </message>
    <message>
        <source>Rename the model</source>
        <translation>Omdøb modellen</translation>
    </message>
    <message>
        <source>Rendered prompt</source>
        <translation>Den færdige prompt</translation>
    </message>
    <message>
        <source>Reopen chats at once</source>
        <translation>Åbn chats igen med det samme</translation>
    </message>
    <message>
        <source>Repeat penalty</source>
        <translation>Gentagelsesstraf</translation>
    </message>
    <message>
        <source>Repeat window</source>
        <translation>Gentagelsesvindue</translation>
    </message>
    <message>
        <source>Report</source>
        <translation>Rapport</translation>
    </message>
    <message>
        <source>Reports (*.json)</source>
        <translation>Rapporter (*.json)</translation>
    </message>
    <message>
        <source>Rest of the database</source>
        <translation>Resten af databasen</translation>
    </message>
    <message>
        <source>Restore</source>
        <translation>Gendan</translation>
    </message>
    <message>
        <source>Results</source>
        <translation>Resultater</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>Genoptag</translation>
    </message>
    <message>
        <source>Resume all</source>
        <translation>Genoptag alle</translation>
    </message>
    <message>
        <source>Retry</source>
        <translation>Prøv igen</translation>
    </message>
    <message>
        <source>Room to keep free</source>
        <translation>Plads, der holdes fri</translation>
    </message>
    <message>
        <source>Rule: {0}</source>
        <translation>Regel: {0}</translation>
    </message>
    <message>
        <source>Run</source>
        <translation>Kør</translation>
    </message>
    <message>
        <source>Runs here</source>
        <translation>Kører her</translation>
    </message>
    <message>
        <source>Runs here: {0}</source>
        <translation>Kører her: {0}</translation>
    </message>
    <message>
        <source>Runtime</source>
        <translation>Køres af</translation>
    </message>
    <message>
        <source>SLMDesk does not open addresses of this kind. You can copy it.</source>
        <translation>SLMDesk åbner ikke adresser af denne slags. Du kan kopiere den.</translation>
    </message>
    <message>
        <source>SLMDesk is offline</source>
        <translation>SLMDesk er offline</translation>
    </message>
    <message>
        <source>SLMDesk is online now. You can end that in the status bar.</source>
        <translation>SLMDesk er nu online. Du kan afslutte det i statuslinjen.</translation>
    </message>
    <message>
        <source>SLMDesk reaches only this computer and the addresses you named</source>
        <translation>SLMDesk når kun denne computer og de adresser, du har angivet</translation>
    </message>
    <message>
        <source>Safe</source>
        <translation>Sikker</translation>
    </message>
    <message>
        <source>Safety</source>
        <translation>Sikkerhed</translation>
    </message>
    <message>
        <source>Same top</source>
        <translation>Samme top</translation>
    </message>
    <message>
        <source>Same top token</source>
        <translation>Samme toptoken</translation>
    </message>
    <message>
        <source>Same top token {0} ± {1}, probability {2} on average</source>
        <translation>Samme toptoken {0} ± {1}, sandsynlighed {2} i gennemsnit</translation>
    </message>
    <message>
        <source>Same top token ≥</source>
        <translation>Samme toptoken ≥</translation>
    </message>
    <message>
        <source>Same top token, size, speed: passed or not</source>
        <translation>Samme toptoken, størrelse, hastighed: bestået eller ej</translation>
    </message>
    <message>
        <source>Sampling</source>
        <translation>Sampling</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>Gem</translation>
    </message>
    <message>
        <source>Save as…</source>
        <translation>Gem som…</translation>
    </message>
    <message>
        <source>Save preset</source>
        <translation>Gem forvalg</translation>
    </message>
    <message>
        <source>Saved {0}.</source>
        <translation>Gemt {0}.</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>Søg</translation>
    </message>
    <message>
        <source>Search chats</source>
        <translation>Søg i chats</translation>
    </message>
    <message>
        <source>Search for something else, or take the filters off.</source>
        <translation>Søg efter noget andet, eller fjern filtrene.</translation>
    </message>
    <message>
        <source>Search hosts and purposes</source>
        <translation>Søg i værter og formål</translation>
    </message>
    <message>
        <source>Search models</source>
        <translation>Søg i modeller</translation>
    </message>
    <message>
        <source>Search the connections</source>
        <translation>Søg i forbindelserne</translation>
    </message>
    <message>
        <source>Search the fields</source>
        <translation>Søg i felterne</translation>
    </message>
    <message>
        <source>Search {0}</source>
        <translation>Søg i {0}</translation>
    </message>
    <message>
        <source>Searching by meaning</source>
        <translation>Søgning efter betydning</translation>
    </message>
    <message>
        <source>Searching {0}</source>
        <translation>Søger i {0}</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>Seed</translation>
    </message>
    <message>
        <source>Select the whole message</source>
        <translation>Markér hele beskeden</translation>
    </message>
    <message>
        <source>Send</source>
        <translation>Send</translation>
    </message>
    <message>
        <source>Sent {0}, received {1}</source>
        <translation>Sendt {0}, modtaget {1}</translation>
    </message>
    <message>
        <source>Serve</source>
        <translation>Server</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Indstillinger</translation>
    </message>
    <message>
        <source>Settings, presets, and how the window was left.</source>
        <translation>Indstillinger, forvalg og hvordan vinduet sidst så ud.</translation>
    </message>
    <message>
        <source>Several languages</source>
        <translation>Flere sprog</translation>
    </message>
    <message>
        <source>Short transitions when parts of the window appear.</source>
        <translation>Korte overgange, når dele af vinduet kommer frem.</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>Vis</translation>
    </message>
    <message>
        <source>Show all</source>
        <translation>Vis alle</translation>
    </message>
    <message>
        <source>Show in folder</source>
        <translation>Vis i mappe</translation>
    </message>
    <message>
        <source>Show it</source>
        <translation>Vis det</translation>
    </message>
    <message>
        <source>Show it among the downloads</source>
        <translation>Vis den blandt downloads</translation>
    </message>
    <message>
        <source>Show more</source>
        <translation>Vis flere</translation>
    </message>
    <message>
        <source>Show only</source>
        <translation>Vis kun</translation>
    </message>
    <message>
        <source>Show only some models</source>
        <translation>Vis kun nogle modeller</translation>
    </message>
    <message>
        <source>Show or hide the inspector</source>
        <translation>Vis eller skjul inspektøren</translation>
    </message>
    <message>
        <source>Show or hide the list of chats</source>
        <translation>Vis eller skjul listen med chats</translation>
    </message>
    <message>
        <source>Show the results</source>
        <translation>Vis resultaterne</translation>
    </message>
    <message>
        <source>Show thinking unfolded</source>
        <translation>Vis tanker foldet ud</translation>
    </message>
    <message>
        <source>Show this one</source>
        <translation>Vis denne</translation>
    </message>
    <message>
        <source>Show {0} {1}</source>
        <translation>Vis {0} {1}</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Størrelse</translation>
    </message>
    <message>
        <source>Size against loss</source>
        <translation>Størrelse mod tab</translation>
    </message>
    <message>
        <source>Slots</source>
        <translation>Pladser</translation>
    </message>
    <message>
        <source>Slow</source>
        <translation>Langsom</translation>
    </message>
    <message>
        <source>Slow: partly on CPU</source>
        <translation>Langsom: delvist på CPU</translation>
    </message>
    <message>
        <source>Small</source>
        <translation>Lille</translation>
    </message>
    <message>
        <source>Smaller by ≥</source>
        <translation>Mindre med ≥</translation>
    </message>
    <message>
        <source>Smallest devices</source>
        <translation>De mindste enheder</translation>
    </message>
    <message>
        <source>Some chats in {0} could not be imported: {1} of them.</source>
        <translation>Nogle chats i {0} kunne ikke importeres: {1} af dem.</translation>
    </message>
    <message>
        <source>Some models look the same and may lie here more than once.</source>
        <translation>Nogle modeller ser ens ud og ligger måske her mere end én gang.</translation>
    </message>
    <message>
        <source>Some models think before they answer. Off folds it into one line.</source>
        <translation>Nogle modeller tænker, før de svarer. Fra folder det sammen til én linje.</translation>
    </message>
    <message>
        <source>Something in SLMDesk itself went wrong. Your chats are saved, and you can go on working. The text below helps to find the fault. It holds nothing that you wrote, and it is sent nowhere.</source>
        <translation>Noget i selve SLMDesk gik galt. Dine chats er gemt, og du kan arbejde videre. Teksten nedenfor hjælper med at finde fejlen. Den indeholder intet, du har skrevet, og den sendes ingen steder hen.</translation>
    </message>
    <message>
        <source>Sort by</source>
        <translation>Sortér efter</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>Kilde</translation>
    </message>
    <message>
        <source>Speed</source>
        <translation>Hastighed</translation>
    </message>
    <message>
        <source>Speed limit</source>
        <translation>Hastighedsgrænse</translation>
    </message>
    <message>
        <source>Speed ≥</source>
        <translation>Hastighed ≥</translation>
    </message>
    <message>
        <source>Starter</source>
        <translation>Startmodel</translation>
    </message>
    <message>
        <source>Starter: tiny, for trying out</source>
        <translation>Starter: lillebitte, til at prøve med</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Tilstand</translation>
    </message>
    <message>
        <source>Status</source>
        <translation>Status</translation>
    </message>
    <message>
        <source>Steers the surprise of the text by itself; top-k, top-p and min-p are not used then.</source>
        <translation>Styrer selv, hvor overraskende teksten er; top-k, top-p og min-p bruges så ikke.</translation>
    </message>
    <message>
        <source>Steps</source>
        <translation>Trin</translation>
    </message>
    <message>
        <source>Still writing.</source>
        <translation>Skriver stadig.</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Stop</translation>
    </message>
    <message>
        <source>Stop loading</source>
        <translation>Stop indlæsningen</translation>
    </message>
    <message>
        <source>Stop strings</source>
        <translation>Stoptekster</translation>
    </message>
    <message>
        <source>Stop the answer</source>
        <translation>Stop svaret</translation>
    </message>
    <message>
        <source>Stop the answer (Esc)</source>
        <translation>Stop svaret (Esc)</translation>
    </message>
    <message>
        <source>Stopped at the token limit</source>
        <translation>Stoppede ved tokengrænsen</translation>
    </message>
    <message>
        <source>Stopped by the model</source>
        <translation>Afsluttet af modellen</translation>
    </message>
    <message>
        <source>Stopped by you</source>
        <translation>Stoppet af dig</translation>
    </message>
    <message>
        <source>Stopped: the context is full</source>
        <translation>Stoppede: konteksten er fuld</translation>
    </message>
    <message>
        <source>Stops the system from moving the model to disk.</source>
        <translation>Forhindrer systemet i at flytte modellen til disken.</translation>
    </message>
    <message>
        <source>Storage</source>
        <translation>Lagring</translation>
    </message>
    <message>
        <source>System</source>
        <translation>System</translation>
    </message>
    <message>
        <source>System follows the light or dark setting of your computer.</source>
        <translation>System følger computerens lyse eller mørke indstilling.</translation>
    </message>
    <message>
        <source>System follows this computer's settings and their PAC script; on Linux the variables HTTPS_PROXY and NO_PROXY.</source>
        <translation>System følger denne computers indstillinger og deres PAC-script; på Linux variablerne HTTPS_PROXY og NO_PROXY.</translation>
    </message>
    <message>
        <source>System prompt</source>
        <translation>Systemprompt</translation>
    </message>
    <message>
        <source>Table (*.csv);;JSON (*.json)</source>
        <translation>Tabel (*.csv);;JSON (*.json)</translation>
    </message>
    <message>
        <source>Table (CSV)</source>
        <translation>Tabel (CSV)</translation>
    </message>
    <message>
        <source>Tag</source>
        <translation>Mærke</translation>
    </message>
    <message>
        <source>Tags</source>
        <translation>Mærker</translation>
    </message>
    <message>
        <source>Take off the list; the files stay</source>
        <translation>Fjern fra listen; filerne bliver</translation>
    </message>
    <message>
        <source>Take the file off</source>
        <translation>Fjern filen</translation>
    </message>
    <message>
        <source>Take {0}</source>
        <translation>Brug {0}</translation>
    </message>
    <message>
        <source>Taken from the variable HF_TOKEN. One that you save here goes before it.</source>
        <translation>Hentet fra variablen HF_TOKEN. Et, som du gemmer her, går forud.</translation>
    </message>
    <message>
        <source>Takes a few seconds, once.</source>
        <translation>Tager nogle få sekunder, én gang.</translation>
    </message>
    <message>
        <source>Takes a few seconds; the speeds told here are guesses before</source>
        <translation>Tager nogle få sekunder; indtil da er hastighederne her kun gæt</translation>
    </message>
    <message>
        <source>Takes effect at the next start.</source>
        <translation>Virker fra næste start.</translation>
    </message>
    <message>
        <source>Task</source>
        <translation>Opgavetype</translation>
    </message>
    <message>
        <source>Technical details</source>
        <translation>Tekniske detaljer</translation>
    </message>
    <message>
        <source>Temperature</source>
        <translation>Temperatur</translation>
    </message>
    <message>
        <source>Test connection</source>
        <translation>Test forbindelse</translation>
    </message>
    <message>
        <source>Text</source>
        <translation>Tekst</translation>
    </message>
    <message>
        <source>Text (*.md);;JSON (*.json)</source>
        <translation>Tekst (*.md);;JSON (*.json)</translation>
    </message>
    <message>
        <source>Text and chat</source>
        <translation>Tekst og chat</translation>
    </message>
    <message>
        <source>Text, PDF and Word (*.txt *.md *.csv *.json *.py *.js *.html *.xml *.yaml *.pdf *.docx);;All (*)</source>
        <translation>Tekst, PDF og Word (*.txt *.md *.csv *.json *.py *.js *.html *.xml *.yaml *.pdf *.docx);;Alle (*)</translation>
    </message>
    <message>
        <source>Texts (*.txt *.md *.csv *.py *.json);;All files (*)</source>
        <translation>Tekster (*.txt *.md *.csv *.py *.json);;Alle filer (*)</translation>
    </message>
    <message>
        <source>The best models for what you want to do, on this machine</source>
        <translation>De bedste modeller til det, du vil, på denne computer</translation>
    </message>
    <message>
        <source>The bin is empty</source>
        <translation>Papirkurven er tom</translation>
    </message>
    <message>
        <source>The built-in text (63 kB: prose, dialogues, code, numbers)</source>
        <translation>Den indbyggede tekst (63 kB: prosa, dialoger, kode, tal)</translation>
    </message>
    <message>
        <source>The chats are then readable for anyone with this disk.</source>
        <translation>Så kan enhver med denne disk læse dine chats.</translation>
    </message>
    <message>
        <source>The chats in it cannot be brought back.</source>
        <translation>Chats i den kan ikke hentes tilbage.</translation>
    </message>
    <message>
        <source>The check found nothing wrong.</source>
        <translation>Kontrollen fandt intet galt.</translation>
    </message>
    <message>
        <source>The database and its backups are written anew with a key that is kept in the keyring of this computer. If the keyring is lost, the chats are lost. Export what must not be lost.</source>
        <translation>Databasen og dens sikkerhedskopier skrives på ny med en nøgle, der ligger i computerens nøglering. Går nøgleringen tabt, er dine chats tabt. Eksportér det, der ikke må gå tabt.</translation>
    </message>
    <message>
        <source>The drive or folder it lies on is away.</source>
        <translation>Drevet eller mappen, den ligger på, er ikke tilgængelig.</translation>
    </message>
    <message>
        <source>The file is compared with its published checksum</source>
        <translation>Filen sammenlignes med den offentliggjorte kontrolsum</translation>
    </message>
    <message>
        <source>The file is there, but could not be measured. {0}</source>
        <translation>Filen findes, men kunne ikke måles. {0}</translation>
    </message>
    <message>
        <source>The files hold no such fields.</source>
        <translation>Filerne har ingen sådanne felter.</translation>
    </message>
    <message>
        <source>The folder of the bundle</source>
        <translation>Pakkens mappe</translation>
    </message>
    <message>
        <source>The host can be reached.</source>
        <translation>Værten kan nås.</translation>
    </message>
    <message>
        <source>The installed llama.cpp cannot make it of this model</source>
        <translation>Den installerede llama.cpp kan ikke lave den ud fra denne model</translation>
    </message>
    <message>
        <source>The list of connections. The hosts you allowed stay.</source>
        <translation>Listen over forbindelser. De værter, du har tilladt, bliver.</translation>
    </message>
    <message>
        <source>The loaded model can see {0} tokens at once. This chat fills {1} of them, {2} are free.</source>
        <translation>Den indlæste model kan se {0} tokens på én gang. Denne chat fylder {1} af dem, {2} er ledige.</translation>
    </message>
    <message>
        <source>The models in it are deleted for good and their space is free again.</source>
        <translation>Modellerne i den slettes for altid, og deres plads bliver ledig igen.</translation>
    </message>
    <message>
        <source>The models that SLMDesk downloaded as well</source>
        <translation>Også de modeller, SLMDesk har hentet</translation>
    </message>
    <message>
        <source>The most memory that measuring the speed took; predicted where it was not measured</source>
        <translation>Den mest hukommelse, målingen af hastigheden brugte; forventet, hvor den ikke er målt</translation>
    </message>
    <message>
        <source>The name to give to slmdesk pull in a terminal</source>
        <translation>Navnet, der skal gives til slmdesk pull i en terminal</translation>
    </message>
    <message>
        <source>The oldest message</source>
        <translation>Den ældste besked</translation>
    </message>
    <message>
        <source>The others are in the list. Nothing else was changed.</source>
        <translation>De andre er på listen. Intet andet er ændret.</translation>
    </message>
    <message>
        <source>The picture appears with the first measured file</source>
        <translation>Billedet vises med den første målte fil</translation>
    </message>
    <message>
        <source>The queue, and where each file came from.</source>
        <translation>Køen, og hvor hver fil kom fra.</translation>
    </message>
    <message>
        <source>The run is {0}.</source>
        <translation>Kørslen: {0}.</translation>
    </message>
    <message>
        <source>The safety check found nothing wrong with the file.</source>
        <translation>Sikkerhedskontrollen fandt intet galt med filen.</translation>
    </message>
    <message>
        <source>The safety check found something you should know.</source>
        <translation>Sikkerhedskontrollen fandt noget, du bør vide.</translation>
    </message>
    <message>
        <source>The safety check refuses to load this file.</source>
        <translation>Sikkerhedskontrollen afviser at indlæse denne fil.</translation>
    </message>
    <message>
        <source>The same seed gives the same answer again. Empty takes a new one each time.</source>
        <translation>Samme seed giver samme svar igen. Tomt felt tager et nyt hver gang.</translation>
    </message>
    <message>
        <source>The size of all text, compared with the usual one.</source>
        <translation>Størrelsen på al tekst i forhold til den normale.</translation>
    </message>
    <message>
        <source>The speed is a guess.</source>
        <translation>Hastigheden er et gæt.</translation>
    </message>
    <message>
        <source>The starter belongs to SLMDesk.</source>
        <translation>Startmodellen hører til SLMDesk.</translation>
    </message>
    <message>
        <source>The starter model is tiny and only for trying out.</source>
        <translation>Startmodellen er lillebitte og kun til at prøve med.</translation>
    </message>
    <message>
        <source>The system prompt and sampling that a new chat starts with.</source>
        <translation>Den systemprompt og sampling, en ny chat begynder med.</translation>
    </message>
    <message>
        <source>The system prompt and your last message are always kept.</source>
        <translation>Systemprompten og din seneste besked beholdes altid.</translation>
    </message>
    <message>
        <source>The token is forgotten.</source>
        <translation>Tokenet er glemt.</translation>
    </message>
    <message>
        <source>The token is good. Ask for access on the model's page, then try again.</source>
        <translation>Tokenet er godt nok. Bed om adgang på modellens side, og prøv så igen.</translation>
    </message>
    <message>
        <source>The token is in the keyring of this computer.</source>
        <translation>Tokenet ligger i denne computers nøglering.</translation>
    </message>
    <message>
        <source>The verification of {0} found trouble</source>
        <translation>Kontrollen {0} fandt problemer</translation>
    </message>
    <message>
        <source>The way ends here:</source>
        <translation>Vejen ender her:</translation>
    </message>
    <message>
        <source>The {0} oldest messages</source>
        <translation>De {0} ældste beskeder</translation>
    </message>
    <message>
        <source>The {0} that have come are deleted. To go on later, choose Pause instead.</source>
        <translation>De {0}, der er hentet, slettes. Vælg Pause i stedet, hvis du vil fortsætte senere.</translation>
    </message>
    <message>
        <source>Their publisher asks who downloads them</source>
        <translation>Udgiveren spørger, hvem der henter dem</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>Tema</translation>
    </message>
    <message>
        <source>There is no keyring here: the token is kept until SLMDesk is closed.</source>
        <translation>Der er ingen nøglering her: tokenet gemmes, indtil SLMDesk lukkes.</translation>
    </message>
    <message>
        <source>There is nothing here that SLMDesk can use</source>
        <translation>Der er intet her, som SLMDesk kan bruge</translation>
    </message>
    <message>
        <source>These look the same. Compare them to be sure.</source>
        <translation>De ser ens ud. Sammenlign dem for at være sikker.</translation>
    </message>
    <message>
        <source>Thinking</source>
        <translation>Tænkning</translation>
    </message>
    <message>
        <source>Thinking…</source>
        <translation>Tænker…</translation>
    </message>
    <message>
        <source>Thinks in words before it answers</source>
        <translation>Tænker i ord, før den svarer</translation>
    </message>
    <message>
        <source>This chat: rename, pin, move, export, delete</source>
        <translation>Denne chat: omdøb, fastgør, flyt, eksportér, slet</translation>
    </message>
    <message>
        <source>This computer has no keyring, so one would be kept until SLMDesk ends.</source>
        <translation>Denne computer har ingen nøglering, så et token ville kun blive gemt, indtil SLMDesk lukkes.</translation>
    </message>
    <message>
        <source>This covers the chats, settings and the library's notes. Model files stay as they are: to encrypt a whole disk, use the system's own means (BitLocker, FileVault, LUKS).</source>
        <translation>Dette omfatter chats, indstillinger og bibliotekets noter. Modelfiler bliver, som de er: Brug systemets egne værktøjer til at kryptere en hel disk (BitLocker, FileVault, LUKS).</translation>
    </message>
    <message>
        <source>This is a new chat with everything up to that message</source>
        <translation>Dette er en ny chat med alt til og med den besked</translation>
    </message>
    <message>
        <source>This list (also F1)</source>
        <translation>Denne liste (også F1)</translation>
    </message>
    <message>
        <source>This machine: {0}</source>
        <translation>Denne computer: {0}</translation>
    </message>
    <message>
        <source>This model is on this machine</source>
        <translation>Denne model er på denne computer</translation>
    </message>
    <message>
        <source>This opens your browser, which connects to {0}. SLMDesk itself connects to nothing.</source>
        <translation>Dette åbner din browser, som forbinder til {0}. SLMDesk selv forbinder ikke til noget.</translation>
    </message>
    <message>
        <source>This opens your mail program.</source>
        <translation>Dette åbner dit mailprogram.</translation>
    </message>
    <message>
        <source>Thought for {0}</source>
        <translation>Tænkte i {0}</translation>
    </message>
    <message>
        <source>Thoughts</source>
        <translation>Tanker</translation>
    </message>
    <message>
        <source>Threads</source>
        <translation>Tråde</translation>
    </message>
    <message>
        <source>Threads for reading</source>
        <translation>Tråde til læsning</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>Tid</translation>
    </message>
    <message>
        <source>Time for measuring</source>
        <translation>Tid til måling</translation>
    </message>
    <message>
        <source>Today</source>
        <translation>I dag</translation>
    </message>
    <message>
        <source>Token</source>
        <translation>Token</translation>
    </message>
    <message>
        <source>Token id and bias, one per line</source>
        <translation>Token-id og bias, ét par pr. linje</translation>
    </message>
    <message>
        <source>Tokenizer</source>
        <translation>Tokenizer</translation>
    </message>
    <message>
        <source>Tokens</source>
        <translation>Tokens</translation>
    </message>
    <message>
        <source>Tokens a second, writing 128 of them</source>
        <translation>Tokens i sekundet ved skrivning af 128</translation>
    </message>
    <message>
        <source>Tokens are never written to the settings, logs or exports, and only the part of the program that needs one is given it.</source>
        <translation>Tokens skrives aldrig til indstillinger, logfiler eller eksporter, og kun den del af programmet, der har brug for et, får det.</translation>
    </message>
    <message>
        <source>Tokens computed at once. Less costs less memory.</source>
        <translation>Tokens, der beregnes på én gang. Færre koster mindre hukommelse.</translation>
    </message>
    <message>
        <source>Tokens of a prompt that are handed over at once.</source>
        <translation>Tokens af en prompt, der afleveres på én gang.</translation>
    </message>
    <message>
        <source>Tokens that the next request fills, of those the loaded model can see.</source>
        <translation>Tokens, som den næste forespørgsel fylder, af dem den indlæste model kan se.</translation>
    </message>
    <message>
        <source>Too big</source>
        <translation>For stor</translation>
    </message>
    <message>
        <source>Tools</source>
        <translation>Værktøjer</translation>
    </message>
    <message>
        <source>Top-k</source>
        <translation>Top-k</translation>
    </message>
    <message>
        <source>Top-p</source>
        <translation>Top-p</translation>
    </message>
    <message>
        <source>Trending</source>
        <translation>Populære nu</translation>
    </message>
    <message>
        <source>Trust this computer's certificates</source>
        <translation>Stol på denne computers certifikater</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Prøv igen</translation>
    </message>
    <message>
        <source>Try fewer words, or other filters.</source>
        <translation>Prøv færre ord eller andre filtre.</translation>
    </message>
    <message>
        <source>Turn off</source>
        <translation>Slå fra</translation>
    </message>
    <message>
        <source>Turn on</source>
        <translation>Slå til</translation>
    </message>
    <message>
        <source>Turn the encryption off?</source>
        <translation>Slå krypteringen fra?</translation>
    </message>
    <message>
        <source>Turns text into numbers for searching and comparing</source>
        <translation>Omsætter tekst til tal til søgning og sammenligning</translation>
    </message>
    <message>
        <source>Type</source>
        <translation>Type</translation>
    </message>
    <message>
        <source>Type what you look for, or press Search to see what is popular there.</source>
        <translation>Skriv, hvad du leder efter, eller tryk på Søg for at se, hvad der er populært dér.</translation>
    </message>
    <message>
        <source>Typical-p</source>
        <translation>Typical-p</translation>
    </message>
    <message>
        <source>Understands pictures</source>
        <translation>Forstår billeder</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Fortryd</translation>
    </message>
    <message>
        <source>Unload</source>
        <translation>Fjern</translation>
    </message>
    <message>
        <source>Unload and delete</source>
        <translation>Fjern fra hukommelsen og slet</translation>
    </message>
    <message>
        <source>Unload other models, or untick measuring and the importance matrix.</source>
        <translation>Fjern andre modeller fra hukommelsen, eller slå måling og vigtighedsmatrix fra.</translation>
    </message>
    <message>
        <source>Unload {0}</source>
        <translation>Fjern {0} fra hukommelsen</translation>
    </message>
    <message>
        <source>Unpin</source>
        <translation>Løsn</translation>
    </message>
    <message>
        <source>Untick Only what fits to see them.</source>
        <translation>Fjern fluebenet ved “Kun det, der passer” for at se dem.</translation>
    </message>
    <message>
        <source>Update</source>
        <translation>Opdatér</translation>
    </message>
    <message>
        <source>Update available</source>
        <translation>Opdatering klar</translation>
    </message>
    <message>
        <source>Update available: {0}</source>
        <translation>Opdatering klar: {0}</translation>
    </message>
    <message>
        <source>Update {0}</source>
        <translation>Opdatér {0}</translation>
    </message>
    <message>
        <source>Updated</source>
        <translation>Opdateret</translation>
    </message>
    <message>
        <source>Use the built-in text</source>
        <translation>Brug den indbyggede tekst</translation>
    </message>
    <message>
        <source>Used instead of huggingface.co. The variable HF_ENDPOINT does the same.</source>
        <translation>Bruges i stedet for huggingface.co. Variablen HF_ENDPOINT gør det samme.</translation>
    </message>
    <message>
        <source>Usual columns</source>
        <translation>Normale kolonner</translation>
    </message>
    <message>
        <source>VRAM</source>
        <translation>VRAM</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>Værdi</translation>
    </message>
    <message>
        <source>Verified on {0}</source>
        <translation>Kontrolleret {0}</translation>
    </message>
    <message>
        <source>Verify</source>
        <translation>Kontrollér</translation>
    </message>
    <message>
        <source>Verify {0}</source>
        <translation>Kontrollér {0}</translation>
    </message>
    <message>
        <source>Verifying</source>
        <translation>Kontrollerer</translation>
    </message>
    <message>
        <source>Version</source>
        <translation>Version</translation>
    </message>
    <message>
        <source>Version {0} of {1}</source>
        <translation>Version {0} af {1}</translation>
    </message>
    <message>
        <source>Version {0} of {1}.</source>
        <translation>Version {0} af {1}.</translation>
    </message>
    <message>
        <source>Views of the models</source>
        <translation>Visninger af modellerne</translation>
    </message>
    <message>
        <source>Vision</source>
        <translation>Billeder</translation>
    </message>
    <message>
        <source>Waiting</source>
        <translation>Venter</translation>
    </message>
    <message>
        <source>Waiting for the first word…</source>
        <translation>Venter på det første ord…</translation>
    </message>
    <message>
        <source>Weight of memory</source>
        <translation>Vægtning af hukommelse</translation>
    </message>
    <message>
        <source>Weight of quality</source>
        <translation>Vægtning af kvalitet</translation>
    </message>
    <message>
        <source>Weight of speed</source>
        <translation>Vægtning af hastighed</translation>
    </message>
    <message>
        <source>Weights {0} · KV {1} · buffers {2}</source>
        <translation>Vægte {0} · KV {1} · buffere {2}</translation>
    </message>
    <message>
        <source>What SLMDesk would take here</source>
        <translation>Det, SLMDesk ville vælge her</translation>
    </message>
    <message>
        <source>What a company's firewall has to let through.</source>
        <translation>Hvad en virksomheds firewall skal lukke igennem.</translation>
    </message>
    <message>
        <source>What for</source>
        <translation>Formål</translation>
    </message>
    <message>
        <source>What is kept where, what may leave and what did, for whoever has to answer for data.</source>
        <translation>Hvad der gemmes hvor, hvad der må forlade computeren, og hvad der har gjort det. Til den, der har ansvar for data.</translation>
    </message>
    <message>
        <source>What is stored</source>
        <translation>Hvad der gemmes</translation>
    </message>
    <message>
        <source>What leaves this computer. Click for the list of connections.</source>
        <translation>Hvad der forlader denne computer. Klik for listen over forbindelser.</translation>
    </message>
    <message>
        <source>What matters most</source>
        <translation>Vigtigst</translation>
    </message>
    <message>
        <source>What models have read of chats, so that they reopen at once.</source>
        <translation>Det, modeller har læst af chats, så de åbnes igen med det samme.</translation>
    </message>
    <message>
        <source>What the program did and what failed; no prompt, no answer, no token.</source>
        <translation>Hvad programmet gjorde, og hvad der mislykkedes; ingen prompt, intet svar, intet token.</translation>
    </message>
    <message>
        <source>What this machine can run</source>
        <translation>Hvad denne computer kan køre</translation>
    </message>
    <message>
        <source>What to do with {0}</source>
        <translation>Handlinger for {0}</translation>
    </message>
    <message>
        <source>What would you like to know?</source>
        <translation>Hvad vil du gerne vide?</translation>
    </message>
    <message>
        <source>What you download shows up here with its progress. It goes on after a restart.</source>
        <translation>Det, du henter, vises her, mens det kommer. Det fortsætter efter en genstart.</translation>
    </message>
    <message>
        <source>When it is full, the oldest turns are left out of the request. They stay in the chat.</source>
        <translation>Når den er fuld, udelades de ældste beskeder af forespørgslen. De bliver i chatten.</translation>
    </message>
    <message>
        <source>Where</source>
        <translation>Hvor</translation>
    </message>
    <message>
        <source>Where models are looked for</source>
        <translation>Hvor der søges efter modeller</translation>
    </message>
    <message>
        <source>Where new models go. Empty: the profile's own folder for models.</source>
        <translation>Hvor nye modeller lægges. Tomt: profilens egen modelmappe.</translation>
    </message>
    <message>
        <source>Where the bundle is to lie</source>
        <translation>Hvor pakken skal ligge</translation>
    </message>
    <message>
        <source>Where the model computes. Automatic takes the fastest that the engine knows.</source>
        <translation>Hvor modellen regner. Automatisk tager den hurtigste, som motoren kender.</translation>
    </message>
    <message>
        <source>Where the proxy asks for one. The password is under Tokens.</source>
        <translation>Hvis proxyen beder om et. Adgangskoden er under Tokens.</translation>
    </message>
    <message>
        <source>Where to look</source>
        <translation>Hvor der søges</translation>
    </message>
    <message>
        <source>Which connections</source>
        <translation>Hvilke forbindelser</translation>
    </message>
    <message>
        <source>Which model is to be made smaller? Best is its unquantized file: F16, BF16 or F32.</source>
        <translation>Hvilken model skal gøres mindre? Bedst er dens ukvantiserede fil: F16, BF16 eller F32.</translation>
    </message>
    <message>
        <source>Which models were found where, with your names, tags and notes.</source>
        <translation>Hvilke modeller der er fundet hvor, med dine navne, mærker og noter.</translation>
    </message>
    <message>
        <source>Width</source>
        <translation>Bredde</translation>
    </message>
    <message>
        <source>Window</source>
        <translation>Vindue</translation>
    </message>
    <message>
        <source>Wipe</source>
        <translation>Ryd</translation>
    </message>
    <message>
        <source>Wipe the list of connections?</source>
        <translation>Ryd listen over forbindelser?</translation>
    </message>
    <message>
        <source>Wipe: {0}</source>
        <translation>Ryd: {0}</translation>
    </message>
    <message>
        <source>With SLMDesk</source>
        <translation>Med SLMDesk</translation>
    </message>
    <message>
        <source>Without the key nobody can read them, and neither can you.</source>
        <translation>Uden nøglen kan ingen læse dem, heller ikke du.</translation>
    </message>
    <message>
        <source>Words less likely than this share of the likeliest one are dropped.</source>
        <translation>Ord, der er mindre sandsynlige end denne andel af det mest sandsynlige, udelades.</translation>
    </message>
    <message>
        <source>Wrap</source>
        <translation>Ombryd</translation>
    </message>
    <message>
        <source>Wrap the lines ({0})</source>
        <translation>Ombryd linjerne ({0})</translation>
    </message>
    <message>
        <source>Write a message</source>
        <translation>Skriv en besked</translation>
    </message>
    <message>
        <source>Write a report</source>
        <translation>Skriv en rapport</translation>
    </message>
    <message>
        <source>Write what you want to remember of this model</source>
        <translation>Skriv, hvad du vil huske om denne model</translation>
    </message>
    <message>
        <source>Writing</source>
        <translation>Skrivning</translation>
    </message>
    <message>
        <source>Writing one sentence</source>
        <translation>Skriver én sætning</translation>
    </message>
    <message>
        <source>Written to {0}</source>
        <translation>Skrevet til {0}</translation>
    </message>
    <message>
        <source>XTC probability</source>
        <translation>XTC-sandsynlighed</translation>
    </message>
    <message>
        <source>XTC threshold</source>
        <translation>XTC-tærskel</translation>
    </message>
    <message>
        <source>Yes, it is my own</source>
        <translation>Ja, den er min egen</translation>
    </message>
    <message>
        <source>Yesterday</source>
        <translation>I går</translation>
    </message>
    <message>
        <source>You</source>
        <translation>Du</translation>
    </message>
    <message>
        <source>Your account has not been let in yet</source>
        <translation>Din konto har ikke fået adgang endnu</translation>
    </message>
    <message>
        <source>Your chats are encrypted on disk. The key is in {0}.</source>
        <translation>Dine chats er krypteret på disken. Nøglen ligger i {0}.</translation>
    </message>
    <message>
        <source>Your chats are not encrypted.</source>
        <translation>Dine chats er ikke krypteret.</translation>
    </message>
    <message>
        <source>Your chats are not encrypted. The key would be kept in {0}.</source>
        <translation>Dine chats er ikke krypteret. Nøglen ville ligge i {0}.</translation>
    </message>
    <message>
        <source>about {0}</source>
        <translation>cirka {0}</translation>
    </message>
    <message>
        <source>about {0} h left</source>
        <translation>cirka {0} t tilbage</translation>
    </message>
    <message>
        <source>about {0} min left</source>
        <translation>cirka {0} min tilbage</translation>
    </message>
    <message>
        <source>about {0} s left</source>
        <translation>cirka {0} s tilbage</translation>
    </message>
    <message>
        <source>almost done</source>
        <translation>næsten færdig</translation>
    </message>
    <message>
        <source>and {0} more, in the network settings</source>
        <translation>og {0} mere i netværksindstillingerne</translation>
    </message>
    <message>
        <source>as good as the original, needs much memory</source>
        <translation>så god som originalen, kræver meget hukommelse</translation>
    </message>
    <message>
        <source>at work</source>
        <translation>i gang</translation>
    </message>
    <message>
        <source>blocked</source>
        <translation>blokeret</translation>
    </message>
    <message>
        <source>bubble: writing speed · dashed: Pareto front</source>
        <translation>boble: skrivehastighed · stiplet: Paretofront</translation>
    </message>
    <message>
        <source>cancelled</source>
        <translation>annulleret</translation>
    </message>
    <message>
        <source>chat</source>
        <translation>chat</translation>
    </message>
    <message>
        <source>chats</source>
        <translation>chats</translation>
    </message>
    <message>
        <source>context {0}</source>
        <translation>kontekst {0}</translation>
    </message>
    <message>
        <source>days</source>
        <translation>dage</translation>
    </message>
    <message>
        <source>discarded</source>
        <translation>kasseret</translation>
    </message>
    <message>
        <source>done</source>
        <translation>færdig</translation>
    </message>
    <message>
        <source>elsewhere</source>
        <translation>et andet sted</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>mislykket</translation>
    </message>
    <message>
        <source>fewer than 0.1 billion parameters</source>
        <translation>færre end 0,1 milliarder parametre</translation>
    </message>
    <message>
        <source>first token {0}</source>
        <translation>første token {0}</translation>
    </message>
    <message>
        <source>full</source>
        <translation>fuld</translation>
    </message>
    <message>
        <source>in the library</source>
        <translation>i biblioteket</translation>
    </message>
    <message>
        <source>kB/s</source>
        <translation>kB/s</translation>
    </message>
    <message>
        <source>last used {0}</source>
        <translation>senest brugt {0}</translation>
    </message>
    <message>
        <source>least memory, noticeably weaker answers</source>
        <translation>mindst hukommelse, mærkbart svagere svar</translation>
    </message>
    <message>
        <source>location offline</source>
        <translation>sted utilgængeligt</translation>
    </message>
    <message>
        <source>low</source>
        <translation>lav</translation>
    </message>
    <message>
        <source>made</source>
        <translation>oprettet</translation>
    </message>
    <message>
        <source>measuring</source>
        <translation>måler</translation>
    </message>
    <message>
        <source>measuring {0}</source>
        <translation>måling {0}</translation>
    </message>
    <message>
        <source>medium</source>
        <translation>mellem</translation>
    </message>
    <message>
        <source>more than 30 billion parameters</source>
        <translation>mere end 30 milliarder parametre</translation>
    </message>
    <message>
        <source>nearly as good as the original, a fraction of its size</source>
        <translation>næsten så god som originalen, en brøkdel af størrelsen</translation>
    </message>
    <message>
        <source>never used</source>
        <translation>aldrig brugt</translation>
    </message>
    <message>
        <source>none</source>
        <translation>ingen</translation>
    </message>
    <message>
        <source>not known</source>
        <translation>ukendt</translation>
    </message>
    <message>
        <source>not measured</source>
        <translation>ikke målt</translation>
    </message>
    <message>
        <source>off</source>
        <translation>fra</translation>
    </message>
    <message>
        <source>passed</source>
        <translation>bestået</translation>
    </message>
    <message>
        <source>paused</source>
        <translation>på pause</translation>
    </message>
    <message>
        <source>perplexity {0}</source>
        <translation>perpleksitet {0}</translation>
    </message>
    <message>
        <source>port {0}</source>
        <translation>port {0}</translation>
    </message>
    <message>
        <source>predicted {0} {1}</source>
        <translation>forventet {0} {1}</translation>
    </message>
    <message>
        <source>predicted {0}, measured {1} {2}</source>
        <translation>forventet {0}, målt {1} {2}</translation>
    </message>
    <message>
        <source>prompt {0}</source>
        <translation>prompt {0}</translation>
    </message>
    <message>
        <source>quantizing</source>
        <translation>kvantiserer</translation>
    </message>
    <message>
        <source>read-only</source>
        <translation>skrivebeskyttet</translation>
    </message>
    <message>
        <source>same top token</source>
        <translation>samme toptoken</translation>
    </message>
    <message>
        <source>shares its bytes</source>
        <translation>deler plads</translation>
    </message>
    <message>
        <source>since {0}, {1}</source>
        <translation>siden {0}, {1}</translation>
    </message>
    <message>
        <source>smaller</source>
        <translation>mindre</translation>
    </message>
    <message>
        <source>speed</source>
        <translation>hastighed</translation>
    </message>
    <message>
        <source>speed measured {0}</source>
        <translation>hastighed målt {0}</translation>
    </message>
    <message>
        <source>speed not measured yet</source>
        <translation>hastighed ikke målt endnu</translation>
    </message>
    <message>
        <source>text</source>
        <translation>tekst</translation>
    </message>
    <message>
        <source>tok/s</source>
        <translation>tok/s</translation>
    </message>
    <message>
        <source>tokens</source>
        <translation>tokens</translation>
    </message>
    <message>
        <source>ultra-low</source>
        <translation>meget lav</translation>
    </message>
    <message>
        <source>waiting</source>
        <translation>venter</translation>
    </message>
    <message>
        <source>waits for the run before it</source>
        <translation>venter på den forrige kørsel</translation>
    </message>
    <message>
        <source>{"type": "object", "properties": {}}</source>
        <translation>{"type": "object", "properties": {}}</translation>
    </message>
    <message>
        <source>{0} (source)</source>
        <translation>{0} (kilde)</translation>
    </message>
    <message>
        <source>{0} ({1} tokens) no longer fit and will be left out of the next request.</source>
        <translation>{0} ({1} tokens) kan ikke længere være der og udelades af den næste forespørgsel.</translation>
    </message>
    <message>
        <source>{0} There is no way back.</source>
        <translation>{0} Det kan ikke fortrydes.</translation>
    </message>
    <message>
        <source>{0} are free again</source>
        <translation>{0} er ledige igen</translation>
    </message>
    <message>
        <source>{0} bits</source>
        <translation>{0} bit</translation>
    </message>
    <message>
        <source>{0} blocked</source>
        <translation>{0} blokeret</translation>
    </message>
    <message>
        <source>{0} can be won back. A hard link keeps a model in both places, while its bytes are on the disk once.</source>
        <translation>{0} kan frigøres. Et hårdt link beholder modellen begge steder, men den fylder kun på disken én gang.</translation>
    </message>
    <message>
        <source>{0} chats exported to {1}</source>
        <translation>{0} chats eksporteret til {1}</translation>
    </message>
    <message>
        <source>{0} chats imported</source>
        <translation>{0} chats importeret</translation>
    </message>
    <message>
        <source>{0} connections</source>
        <translation>{0} forbindelser</translation>
    </message>
    <message>
        <source>{0} connects to {1}. Nothing has been sent yet.</source>
        <translation>{0}: kræver en forbindelse til {1}. Intet er sendt endnu.</translation>
    </message>
    <message>
        <source>{0} cores</source>
        <translation>{0} kerner</translation>
    </message>
    <message>
        <source>{0} could not be shown.</source>
        <translation>{0} kunne ikke vises.</translation>
    </message>
    <message>
        <source>{0} days left</source>
        <translation>{0} dage tilbage</translation>
    </message>
    <message>
        <source>{0} deleted models are in the bin, {1}.</source>
        <translation>{0} slettede modeller ligger i papirkurven, {1}.</translation>
    </message>
    <message>
        <source>{0} downloads</source>
        <translation>{0} downloads</translation>
    </message>
    <message>
        <source>{0} downloads under way</source>
        <translation>{0} downloads i gang</translation>
    </message>
    <message>
        <source>{0} files</source>
        <translation>{0} filer</translation>
    </message>
    <message>
        <source>{0} free</source>
        <translation>{0} ledig</translation>
    </message>
    <message>
        <source>{0} h {1} min left</source>
        <translation>{0} t {1} min tilbage</translation>
    </message>
    <message>
        <source>{0} hits</source>
        <translation>{0} fund</translation>
    </message>
    <message>
        <source>{0} in all</source>
        <translation>{0} i alt</translation>
    </message>
    <message>
        <source>{0} is in the bin, {1}</source>
        <translation>{0} ligger i papirkurven, {1}</translation>
    </message>
    <message>
        <source>{0} is in the library</source>
        <translation>{0} ligger i biblioteket</translation>
    </message>
    <message>
        <source>{0} jobs</source>
        <translation>{0} opgaver</translation>
    </message>
    <message>
        <source>{0} jobs failed</source>
        <translation>{0} opgaver mislykkedes</translation>
    </message>
    <message>
        <source>{0} lines</source>
        <translation>{0} linjer</translation>
    </message>
    <message>
        <source>{0} min</source>
        <translation>{0} min</translation>
    </message>
    <message>
        <source>{0} min left</source>
        <translation>{0} min tilbage</translation>
    </message>
    <message>
        <source>{0} min {1} s</source>
        <translation>{0} min {1} s</translation>
    </message>
    <message>
        <source>{0} model · {1}</source>
        <translation>{0} model · {1}</translation>
    </message>
    <message>
        <source>{0} models</source>
        <translation>{0} modeller</translation>
    </message>
    <message>
        <source>{0} models in the library now</source>
        <translation>{0} modeller i biblioteket nu</translation>
    </message>
    <message>
        <source>{0} models · {1}</source>
        <translation>{0} modeller · {1}</translation>
    </message>
    <message>
        <source>{0} ms</source>
        <translation>{0} ms</translation>
    </message>
    <message>
        <source>{0} needs it</source>
        <translation>{0} kræver den</translation>
    </message>
    <message>
        <source>{0} new models</source>
        <translation>{0} nye modeller</translation>
    </message>
    <message>
        <source>{0} of memory free</source>
        <translation>{0} ledig hukommelse</translation>
    </message>
    <message>
        <source>{0} of {1}</source>
        <translation>{0} af {1}</translation>
    </message>
    <message>
        <source>{0} of {1} layers on the graphics card</source>
        <translation>{0} af {1} lag på grafikkortet</translation>
    </message>
    <message>
        <source>{0} of {1} memory free</source>
        <translation>{0} af {1} hukommelse ledig</translation>
    </message>
    <message>
        <source>{0} of {1} models · {2}</source>
        <translation>{0} af {1} modeller · {2}</translation>
    </message>
    <message>
        <source>{0} on disk</source>
        <translation>{0} på disken</translation>
    </message>
    <message>
        <source>{0} parameters</source>
        <translation>{0} parametre</translation>
    </message>
    <message>
        <source>{0} places</source>
        <translation>{0} steder</translation>
    </message>
    <message>
        <source>{0} queued</source>
        <translation>{0} i kø</translation>
    </message>
    <message>
        <source>{0} recipes</source>
        <translation>{0} opskrifter</translation>
    </message>
    <message>
        <source>{0} recipes, {1}</source>
        <translation>{0} opskrifter, {1}</translation>
    </message>
    <message>
        <source>{0} s</source>
        <translation>{0} s</translation>
    </message>
    <message>
        <source>{0} s left</source>
        <translation>{0} s tilbage</translation>
    </message>
    <message>
        <source>{0} sent, {1} received</source>
        <translation>{0} sendt, {1} modtaget</translation>
    </message>
    <message>
        <source>{0} slots</source>
        <translation>{0} pladser</translation>
    </message>
    <message>
        <source>{0} to win back</source>
        <translation>{0} kan frigøres</translation>
    </message>
    <message>
        <source>{0} tok/s</source>
        <translation>{0} tok/s</translation>
    </message>
    <message>
        <source>{0} tokens</source>
        <translation>{0} tokens</translation>
    </message>
    <message>
        <source>{0} won back</source>
        <translation>{0} frigjort</translation>
    </message>
    <message>
        <source>{0} × {1} tokens for each file</source>
        <translation>{0} × {1} tokens til hver fil</translation>
    </message>
    <message>
        <source>{0}, changed</source>
        <translation>{0}, ændret</translation>
    </message>
    <message>
        <source>{0}, from another machine</source>
        <translation>{0}, fra en anden computer</translation>
    </message>
    <message>
        <source>{0}, {1} active</source>
        <translation>{0}, {1} aktive</translation>
    </message>
    <message>
        <source>{0}, {1} bits per weight</source>
        <translation>{0}, {1} bit pr. vægt</translation>
    </message>
    <message>
        <source>{0}, {1} chunks</source>
        <translation>{0}, {1} bidder</translation>
    </message>
    <message>
        <source>{0}, {1} for keys and values</source>
        <translation>{0}, {1} til nøgler og værdier</translation>
    </message>
    <message>
        <source>{0}, {1} smaller</source>
        <translation>{0}, {1} mindre</translation>
    </message>
    <message>
        <source>{0}. The version you have stays until the new one is verified.</source>
        <translation>{0}. Den version, du har, bliver, indtil den nye er kontrolleret.</translation>
    </message>
    <message>
        <source>{0}: as usual</source>
        <translation>{0}: som normalt</translation>
    </message>
    <message>
        <source>{1} models lie here more than once. {0} can be won back.</source>
        <translation>{1} modeller ligger her mere end én gang. {0} kan frigøres.</translation>
    </message>
    <message>
        <source>“{0}” is in the bin</source>
        <translation>“{0}” ligger i papirkurven</translation>
    </message>
</context>
</TS>
