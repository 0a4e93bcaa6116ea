<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="da_DK" sourcelanguage="en">
<context>
    <name>SLMDesk</name>
    <message>
        <source>, {1} were here already</source>
        <translation>, {1} var her allerede</translation>
    </message>
    <message>
        <source>0 always takes the likeliest word; higher values vary more.</source>
        <translation>0 tager altid det mest sandsynlige ord; højere værdier varierer mere.</translation>
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
        <source>1 place</source>
        <translation>1 sted</translation>
    </message>
    <message>
        <source>1 token</source>
        <translation>1 token</translation>
    </message>
    <message>
        <source>A fault in SLMDesk</source>
        <translation>En fejl i SLMDesk</translation>
    </message>
    <message>
        <source>A link</source>
        <translation>Et link</translation>
    </message>
    <message>
        <source>A quantized value cache needs flash attention.</source>
        <translation>En kvantiseret værdicache kræver flash attention.</translation>
    </message>
    <message>
        <source>About</source>
        <translation>Om</translation>
    </message>
    <message>
        <source>Above 1 makes repeated words less likely.</source>
        <translation>Over 1 gør gentagne ord mindre sandsynlige.</translation>
    </message>
    <message>
        <source>Add a folder</source>
        <translation>Tilføj en mappe</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>Adresse</translation>
    </message>
    <message>
        <source>All</source>
        <translation>Alle</translation>
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
        <source>Appearance</source>
        <translation>Udseende</translation>
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
        <source>Automatic</source>
        <translation>Automatisk</translation>
    </message>
    <message>
        <source>Automatic: the model's own length, at most 4,096 tokens. More costs memory.</source>
        <translation>Automatisk: modellens egen længde, højst 4.096 tokens. Mere koster hukommelse.</translation>
    </message>
    <message>
        <source>Back to the chats</source>
        <translation>Tilbage til chats</translation>
    </message>
    <message>
        <source>Batch</source>
        <translation>Batch</translation>
    </message>
    <message>
        <source>Bin</source>
        <translation>Papirkurv</translation>
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
        <source>CPU</source>
        <translation>CPU</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Annuller</translation>
    </message>
    <message>
        <source>Cancelled</source>
        <translation>Annulleret</translation>
    </message>
    <message>
        <source>Change the key</source>
        <translation>Skift nøgle</translation>
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
        <source>Chats</source>
        <translation>Chats</translation>
    </message>
    <message>
        <source>Chats in the bin are removed for good after 30 days.</source>
        <translation>Chats i papirkurven fjernes for altid efter 30 dage.</translation>
    </message>
    <message>
        <source>Chats, settings, logs and backups. Nothing of it leaves this computer.</source>
        <translation>Chats, indstillinger, logfiler og sikkerhedskopier. Intet af det forlader denne computer.</translation>
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
        <source>Clear finished</source>
        <translation>Ryd afsluttede</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Luk</translation>
    </message>
    <message>
        <source>Comes in a later version</source>
        <translation>Kommer i en senere version</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>Sammenlign</translation>
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
        <source>Copy</source>
        <translation>Kopiér</translation>
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
        <source>Data</source>
        <translation>Data</translation>
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
        <source>Delete this chat forever?</source>
        <translation>Slet denne chat for altid?</translation>
    </message>
    <message>
        <source>Delete “{0}”</source>
        <translation>Slet “{0}”</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>Detaljer</translation>
    </message>
    <message>
        <source>Dismiss</source>
        <translation>Luk</translation>
    </message>
    <message>
        <source>Done</source>
        <translation>Færdig</translation>
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
        <source>Empty bin</source>
        <translation>Tøm papirkurv</translation>
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
        <source>Error</source>
        <translation>Fejl</translation>
    </message>
    <message>
        <source>Everything runs on this computer.</source>
        <translation>Alt kører på denne computer.</translation>
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
        <source>Export to {0}</source>
        <translation>Eksportér til {0}</translation>
    </message>
    <message>
        <source>Exported chats (*.json *.zip);;All (*)</source>
        <translation>Eksporterede chats (*.json *.zip);;Alle (*)</translation>
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
        <source>Fits with less context</source>
        <translation>Passer med mindre kontekst</translation>
    </message>
    <message>
        <source>Flash attention</source>
        <translation>Flash attention</translation>
    </message>
    <message>
        <source>Font size</source>
        <translation>Skriftstørrelse</translation>
    </message>
    <message>
        <source>Frequency penalty</source>
        <translation>Hyppighedsstraf</translation>
    </message>
    <message>
        <source>Further folders that are searched for models. Nothing in them is changed.</source>
        <translation>Flere mapper, der gennemsøges for modeller. Intet i dem ændres.</translation>
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
        <source>Get a stronger model</source>
        <translation>Få en stærkere model</translation>
    </message>
    <message>
        <source>Go to the end</source>
        <translation>Gå til slutningen</translation>
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
        <source>Hide details</source>
        <translation>Skjul detaljer</translation>
    </message>
    <message>
        <source>Holds the model back from repeating whole passages. 0 is off.</source>
        <translation>Holder modellen fra at gentage hele passager. 0 er fra.</translation>
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
        <source>How often the most obvious words are left out. 0 is off.</source>
        <translation>Hvor tit de mest oplagte ord udelades. 0 er fra.</translation>
    </message>
    <message>
        <source>How the chat's memory is stored. Q8_0 halves it with hardly any loss.</source>
        <translation>Hvordan chattens hukommelse gemmes. Q8_0 halverer den næsten uden tab.</translation>
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
        <source>Import {0}</source>
        <translation>Importér {0}</translation>
    </message>
    <message>
        <source>In tokens.</source>
        <translation>I tokens.</translation>
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
        <source>KV cache</source>
        <translation>KV-cache</translation>
    </message>
    <message>
        <source>KV cache, values</source>
        <translation>KV-cache, værdier</translation>
    </message>
    <message>
        <source>Keep in memory</source>
        <translation>Behold i hukommelsen</translation>
    </message>
    <message>
        <source>Keeps what the model has read of a chat on disk, so that it need not read it again after a restart.</source>
        <translation>Gemmer det, modellen har læst af en chat, på disken, så den ikke skal læse det igen efter en genstart.</translation>
    </message>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>Tastaturgenveje</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>Sprog</translation>
    </message>
    <message>
        <source>Left out, the context was full: {0} messages, {1} tokens</source>
        <translation>Udeladt, konteksten var fuld: {0} beskeder, {1} tokens</translation>
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
        <source>List of chats</source>
        <translation>Listen med chats</translation>
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
        <source>Local only: SLMDesk talks to programs on this computer, and to nothing else.</source>
        <translation>Kun lokalt: SLMDesk taler med programmer på denne computer og ikke med andet.</translation>
    </message>
    <message>
        <source>Logit bias</source>
        <translation>Logit-bias</translation>
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
        <source>MIT licence. Made with the free libraries that the list names.</source>
        <translation>MIT-licens. Lavet med de frie biblioteker, som listen nævner.</translation>
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
        <source>Memory</source>
        <translation>Hukommelse</translation>
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
        <source>Models on this computer. Put .gguf files into the model folder, or add a folder that holds some. Finding and downloading models comes in a later version.</source>
        <translation>Modeller på denne computer. Læg .gguf-filer i modelmappen, eller tilføj en mappe, der har nogle. At finde og hente modeller kommer i en senere version.</translation>
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
        <source>Name of the folder</source>
        <translation>Mappens navn</translation>
    </message>
    <message>
        <source>Name of the preset</source>
        <translation>Forvalgets navn</translation>
    </message>
    <message>
        <source>Needs less memory for a long context.</source>
        <translation>Kræver mindre hukommelse til en lang kontekst.</translation>
    </message>
    <message>
        <source>Network</source>
        <translation>Netværk</translation>
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
        <source>New title</source>
        <translation>Ny titel</translation>
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
        <source>No connection was made since the start.</source>
        <translation>Der er ikke oprettet nogen forbindelse siden starten.</translation>
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
        <source>No wrap</source>
        <translation>Uden ombrydning</translation>
    </message>
    <message>
        <source>None</source>
        <translation>Ingen</translation>
    </message>
    <message>
        <source>Not found</source>
        <translation>Ikke fundet</translation>
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
        <source>Nothing found</source>
        <translation>Intet fundet</translation>
    </message>
    <message>
        <source>Nothing was said yet.</source>
        <translation>Der er ikke sagt noget endnu.</translation>
    </message>
    <message>
        <source>Off</source>
        <translation>Fra</translation>
    </message>
    <message>
        <source>Offline</source>
        <translation>Offline</translation>
    </message>
    <message>
        <source>Offline: SLMDesk makes no connection at all. Models run on this computer.</source>
        <translation>Offline: SLMDesk opretter slet ingen forbindelser. Modeller kører på denne computer.</translation>
    </message>
    <message>
        <source>On</source>
        <translation>Til</translation>
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
        <source>Online: SLMDesk connects where you ask it to.</source>
        <translation>Online: SLMDesk forbinder dér, hvor du beder om det.</translation>
    </message>
    <message>
        <source>Only the likeliest words that together reach this probability are considered.</source>
        <translation>Kun de mest sandsynlige ord, der tilsammen når denne sandsynlighed, overvejes.</translation>
    </message>
    <message>
        <source>Only this many of the likeliest words are considered.</source>
        <translation>Kun så mange af de mest sandsynlige ord overvejes.</translation>
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
        <source>Open folder</source>
        <translation>Åbn mappe</translation>
    </message>
    <message>
        <source>Open model folder</source>
        <translation>Åbn modelmappen</translation>
    </message>
    <message>
        <source>Open this link?</source>
        <translation>Åbn dette link?</translation>
    </message>
    <message>
        <source>Panes</source>
        <translation>Ruder</translation>
    </message>
    <message>
        <source>Physical batch</source>
        <translation>Fysisk batch</translation>
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
        <source>Prompt read at {0}</source>
        <translation>Prompt læst med {0}</translation>
    </message>
    <message>
        <source>Prompt: {0} tokens, {1} of them from the cache</source>
        <translation>Prompt: {0} tokens, {1} af dem fra cachen</translation>
    </message>
    <message>
        <source>Put a text file, PDF or Word document into the message</source>
        <translation>Læg en tekstfil, PDF eller et Word-dokument i beskeden</translation>
    </message>
    <message>
        <source>Quantize</source>
        <translation>Kvantisér</translation>
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
        <source>Reading prompt {0} %</source>
        <translation>Læser prompt {0} %</translation>
    </message>
    <message>
        <source>Reading prompt {0} %, about {1}</source>
        <translation>Læser prompt {0} %, cirka {1}</translation>
    </message>
    <message>
        <source>Reload to apply</source>
        <translation>Indlæs igen for at bruge</translation>
    </message>
    <message>
        <source>Remove {0}</source>
        <translation>Fjern {0}</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>Omdøb</translation>
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
        <source>Restore</source>
        <translation>Gendan</translation>
    </message>
    <message>
        <source>Retry</source>
        <translation>Prøv igen</translation>
    </message>
    <message>
        <source>SLMDesk does not open addresses of this kind. You can copy it.</source>
        <translation>SLMDesk åbner ikke adresser af denne slags. Du kan kopiere den.</translation>
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
        <source>Search chats</source>
        <translation>Søg i chats</translation>
    </message>
    <message>
        <source>Search models</source>
        <translation>Søg i modeller</translation>
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
        <source>Serve</source>
        <translation>Server</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Indstillinger</translation>
    </message>
    <message>
        <source>Short transitions when parts of the window appear.</source>
        <translation>Korte overgange, når dele af vinduet kommer frem.</translation>
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
        <source>Show thinking unfolded</source>
        <translation>Vis tanker foldet ud</translation>
    </message>
    <message>
        <source>Slots</source>
        <translation>Pladser</translation>
    </message>
    <message>
        <source>Some chats in {0} could not be imported: {1} of them.</source>
        <translation>Nogle chats i {0} kunne ikke importeres: {1} af dem.</translation>
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
        <source>Starter: tiny, for trying out</source>
        <translation>Starter: lillebitte, til at prøve med</translation>
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
        <source>System</source>
        <translation>System</translation>
    </message>
    <message>
        <source>System follows the light or dark setting of your computer.</source>
        <translation>System følger computerens lyse eller mørke indstilling.</translation>
    </message>
    <message>
        <source>System prompt</source>
        <translation>Systemprompt</translation>
    </message>
    <message>
        <source>Takes effect at the next start.</source>
        <translation>Virker fra næste start.</translation>
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
        <source>Text, PDF and Word (*.txt *.md *.csv *.json *.py *.js *.html *.xml *.yaml *.pdf *.docx);;All (*)</source>
        <translation>Tekst, PDF og Word (*.txt *.md *.csv *.json *.py *.js *.html *.xml *.yaml *.pdf *.docx);;Alle (*)</translation>
    </message>
    <message>
        <source>The bin is empty</source>
        <translation>Papirkurven er tom</translation>
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
        <source>The database and its backups are written anew with a key that is kept in the keyring of this computer. If the keyring is lost, the chats are lost. Export what must not be lost.</source>
        <translation>Databasen og dens sikkerhedskopier skrives på ny med en nøgle, der ligger i computerens nøglering. Går nøgleringen tabt, er dine chats tabt. Eksportér det, der ikke må gå tabt.</translation>
    </message>
    <message>
        <source>The loaded model can see {0} tokens at once. This chat fills {1} of them, {2} are free.</source>
        <translation>Den indlæste model kan se {0} tokens på én gang. Denne chat fylder {1} af dem, {2} er ledige.</translation>
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
        <source>The same seed gives the same answer again. Empty takes a new one each time.</source>
        <translation>Samme seed giver samme svar igen. Tomt felt tager et nyt hver gang.</translation>
    </message>
    <message>
        <source>The size of all text, compared with the usual one.</source>
        <translation>Størrelsen på al tekst i forhold til den normale.</translation>
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
        <source>The {0} oldest messages</source>
        <translation>De {0} ældste beskeder</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>Tema</translation>
    </message>
    <message>
        <source>There are no models in these folders yet.</source>
        <translation>Der er endnu ingen modeller i disse mapper.</translation>
    </message>
    <message>
        <source>Thinking…</source>
        <translation>Tænker…</translation>
    </message>
    <message>
        <source>This chat: rename, pin, move, export, delete</source>
        <translation>Denne chat: omdøb, fastgør, flyt, eksportér, slet</translation>
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
        <source>Today</source>
        <translation>I dag</translation>
    </message>
    <message>
        <source>Token id and bias, one per line</source>
        <translation>Token-id og bias, ét par pr. linje</translation>
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
        <source>Top-k</source>
        <translation>Top-k</translation>
    </message>
    <message>
        <source>Top-p</source>
        <translation>Top-p</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Prøv igen</translation>
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
        <source>Typical-p</source>
        <translation>Typical-p</translation>
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
        <source>Unload {0}</source>
        <translation>Fjern {0} fra hukommelsen</translation>
    </message>
    <message>
        <source>Unpin</source>
        <translation>Løsn</translation>
    </message>
    <message>
        <source>VRAM</source>
        <translation>VRAM</translation>
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
        <source>Waiting for the first word…</source>
        <translation>Venter på det første ord…</translation>
    </message>
    <message>
        <source>Weights {0} · KV {1} · buffers {2}</source>
        <translation>Vægte {0} · KV {1} · buffere {2}</translation>
    </message>
    <message>
        <source>What leaves this computer. Click for the list of connections.</source>
        <translation>Hvad der forlader denne computer. Klik for listen over forbindelser.</translation>
    </message>
    <message>
        <source>What would you like to know?</source>
        <translation>Hvad vil du gerne vide?</translation>
    </message>
    <message>
        <source>When it is full, the oldest turns are left out of the request. They stay in the chat.</source>
        <translation>Når den er fuld, udelades de ældste beskeder af forespørgslen. De bliver i chatten.</translation>
    </message>
    <message>
        <source>Window</source>
        <translation>Vindue</translation>
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
        <source>Writing</source>
        <translation>Skrivning</translation>
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
        <source>Yesterday</source>
        <translation>I går</translation>
    </message>
    <message>
        <source>You</source>
        <translation>Du</translation>
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
        <source>blocked</source>
        <translation>afvist</translation>
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
        <source>first token {0}</source>
        <translation>første token {0}</translation>
    </message>
    <message>
        <source>made</source>
        <translation>oprettet</translation>
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
        <source>text</source>
        <translation>tekst</translation>
    </message>
    <message>
        <source>tokens</source>
        <translation>tokens</translation>
    </message>
    <message>
        <source>{0} ({1} tokens) no longer fit and will be left out of the next request.</source>
        <translation>{0} ({1} tokens) kan ikke længere være der og udelades af den næste forespørgsel.</translation>
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
        <source>{0} connections since the start, the newest first:</source>
        <translation>{0} forbindelser siden starten, den nyeste først:</translation>
    </message>
    <message>
        <source>{0} free</source>
        <translation>{0} ledig</translation>
    </message>
    <message>
        <source>{0} hits</source>
        <translation>{0} fund</translation>
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
        <source>{0} min {1} s</source>
        <translation>{0} min {1} s</translation>
    </message>
    <message>
        <source>{0} ms</source>
        <translation>{0} ms</translation>
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
        <source>{0} s</source>
        <translation>{0} s</translation>
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
        <source>{0}, changed</source>
        <translation>{0}, ændret</translation>
    </message>
    <message>
        <source>“{0}” is in the bin</source>
        <translation>“{0}” ligger i papirkurven</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>Enhed</translation>
    </message>
    <message>
        <source>Where the model computes. Automatic takes the fastest that the engine knows.</source>
        <translation>Hvor modellen regner. Automatisk tager den hurtigste, som motoren kender.</translation>
    </message>
</context>
</TS>
